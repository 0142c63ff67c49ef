import type { Loose } from '../../kit/client.js';
import { type Case, confined, refused } from './case.js';
import type { Ground } from './ground.js';

const both = ({ a, b }: Ground) => ({ _id: { $in: [a[0]._id, b[0]._id] } });
const foreign = ({ b }: Ground) => ({ _id: b[0]._id });
const two = (rows: Loose) => rows.length === 2;
const one = (rows: Loose) => rows.length === 1;
const none = (rows: Loose) => rows.length === 0;
const nothing = (row: Loose) => row === null;

async function all(source: AsyncIterable<unknown>): Promise<unknown[]> {
  const rows = [];
  for await (const row of source) rows.push(row);
  return rows;
}

const READS: readonly Case[] = [
  confined('find', ({ model }, o) => model.find({}, null, o), two),
  confined('find without a filter', ({ model }) => model.find(), two, true),
  confined('find lean', ({ model }, o) => model.find({}, null, o).lean(), two),
  confined('find by a foreign id', (g, o) => g.model.find(foreign(g), null, o), none),
  confined('find by ids of both tenants', (g, o) => g.model.find(both(g), null, o), one),
  confined(
    'find with $or over both',
    (g, o) => g.model.find({ $or: [foreign(g), { _id: g.a[0]._id }] }, null, o),
    one,
  ),
  confined('find with $nor', (g, o) => g.model.find({ $nor: [{ _id: g.a[0]._id }] }, null, o), one),
  confined(
    'find with a where chain',
    (g, o) => g.model.where('_id').in([g.a[0]._id, g.b[0]._id]).find().setOptions(o),
    one,
  ),
  confined('find with the own tenant named', (g, o) => g.model.find({ tenantId: g.tenantA }, null, o), two),
  confined(
    'find sorted and limited',
    ({ model }, o) => model.find({}, null, o).sort({ _id: -1 }).skip(1).limit(5),
    one,
  ),
  confined(
    'find.explain',
    ({ model }, o) => model.find({}, null, o).explain('executionStats'),
    (plan: Loose) => [plan].flat()[0].executionStats.nReturned === 2,
  ),
  confined('find.clone', ({ model }, o) => model.find({}, null, o).clone(), two),
  confined(
    'find.toConstructor',
    ({ model }, o) => {
      const Prepared = model.find({}, null, o).toConstructor();
      return new (Prepared as Loose)();
    },
    two,
  ),
  confined(
    'find with a filter that a hook of its own widens',
    ({ model }, o) =>
      model.find({ _id: null }, null, o).pre(function (this: Loose) {
        this.setQuery({});
      }),
    two,
  ),
  confined('find.cursor', ({ model }, o) => all(model.find({}, null, o).cursor({ batchSize: 1 })), two),
  confined('for await of find', ({ model }, o) => all(model.find({}, null, o)), two),
  confined(
    'cursor.eachAsync',
    async ({ model }, o) => {
      const rows: unknown[] = [];
      await model
        .find({}, null, o)
        .cursor()
        .eachAsync(row => void rows.push(row));
      return rows;
    },
    two,
  ),
  confined(
    'findAndCount',
    ({ model }, o) => (model as Loose).findAndCount({}, null, { ...o, sort: { _id: 1 }, limit: 5 }),
    (found: Loose) => JSON.stringify(found).includes('2'),
  ),
  confined(
    'findOne of anybody',
    ({ model }, o) => model.findOne({}, null, o),
    row => row !== null,
  ),
  confined('findOne by a foreign id', (g, o) => g.model.findOne(foreign(g), null, o), nothing),
  confined('findById foreign', (g, o) => g.model.findById(g.b[0]._id, null, o), nothing),
  confined(
    'findById own',
    (g, o) => g.model.findById(g.a[0]._id, null, o),
    row => row !== null,
  ),
  confined('exists foreign', (g, o) => g.model.exists(foreign(g)).setOptions(o), nothing),
  confined(
    'exists own',
    (g, o) => g.model.exists({ _id: g.a[0]._id }).setOptions(o),
    row => row !== null,
  ),
  confined(
    'countDocuments',
    ({ model }, o) => model.countDocuments({}, o),
    count => count === 2,
  ),
  confined(
    'countDocuments foreign',
    (g, o) => g.model.countDocuments(foreign(g), o),
    count => count === 0,
  ),
  confined(
    'find.countDocuments',
    ({ model }, o) => model.find({}, null, o).countDocuments(),
    count => count === 2,
  ),
  confined('distinct', ({ model }, o) => model.distinct('_id', {}, o), two),
  confined('distinct tenantId', ({ model }, o) => model.distinct('tenantId', {}, o), one),
  refused('estimatedDocumentCount', ({ model }, o) => model.estimatedDocumentCount(o)),
  confined(
    'populate foreign',
    (g, o) => populated(g, { options: o }),
    ([row]: Loose) => row.ref === null,
  ),
  confined(
    'populate foreign, matched',
    (g, o) => populated(g, { options: o, match: foreign(g) }),
    ([row]: Loose) => row.ref === null,
  ),
  confined(
    'populate own',
    ({ model, a }, o) =>
      model.populate([{ ref: a[0]._id }] as Loose, { path: 'ref', model, strictPopulate: false, options: o }),
    ([row]: Loose) => row.ref !== null,
  ),
  refused('populate matched by tenant', (g, o) =>
    populated(g, { options: o, match: { tenantId: g.tenantB } }),
  ),
];

const populated = ({ model, b }: Ground, more: object) =>
  model.populate([{ ref: b[0]._id }] as Loose, { path: 'ref', model, strictPopulate: false, ...more });

/** Filters that name another tenant or cannot be read; refused wherever they stand. */
const FILTERS: Readonly<Record<string, (ground: Ground) => Loose>> = {
  'the other tenant': ({ tenantB }) => ({ tenantId: tenantB }),
  'the other tenant in hex': ({ tenantB }) => ({ tenantId: tenantB.toHexString() }),
  'any tenant but its own': ({ tenantA }) => ({ tenantId: { $ne: tenantA } }),
  'both tenants': ({ tenantA, tenantB }) => ({ tenantId: { $in: [tenantA, tenantB] } }),
  'every tenant': () => ({ tenantId: { $exists: true } }),
  'the other tenant in $and': ({ tenantB }) => ({ $and: [{ tenantId: tenantB }] }),
  'the other tenant in $or in $and': g => ({ $and: [{ $or: [foreign(g), { tenantId: g.tenantB }] }] }),
  'the own tenant in $nor, the other beside it': g => ({
    $nor: [{ tenantId: g.tenantA }, { tenantId: g.tenantB }],
  }),
  'the other tenant in $expr': ({ tenantB }) => ({ $expr: { $eq: ['$tenantId', tenantB] } }),
  'the other tenant in $expr in $or': ({ tenantB }) => ({
    $or: [{ $expr: { $eq: ['$tenantId', tenantB] } }],
  }),
  'code as text': () => ({ $where: 'true' }),
  'code as a function': () => ({ $where: () => true }),
};

const FILTERED: Readonly<Record<string, (ground: Ground, filter: Loose, options: Loose) => unknown>> = {
  find: ({ model }, filter, o) => model.find(filter, null, o),
  'find.cursor': ({ model }, filter, o) => all(model.find(filter, null, o).cursor()),
  findOne: ({ model }, filter, o) => model.findOne(filter, null, o),
  exists: ({ model }, filter, o) => model.exists(filter).setOptions(o),
  countDocuments: ({ model }, filter, o) => model.countDocuments(filter, o),
  distinct: ({ model }, filter, o) => model.distinct('_id', filter, o),
  updateOne: ({ model, change }, filter, o) => model.updateOne(filter, change, o),
  updateMany: ({ model, change }, filter, o) => model.updateMany(filter, change, o),
  findOneAndUpdate: ({ model, change }, filter, o) => model.findOneAndUpdate(filter, change, o),
  findOneAndDelete: ({ model }, filter, o) => model.findOneAndDelete(filter, o),
  deleteOne: ({ model }, filter, o) => model.deleteOne(filter, o),
  deleteMany: ({ model }, filter, o) => model.deleteMany(filter, o),
};

const NAMING: readonly Case[] = Object.entries(FILTERED).flatMap(([operation, run]) => [
  ...Object.entries(FILTERS).map(([what, filter]) =>
    refused(`${operation} with a filter that names ${what}`, (g, o) => run(g, filter(g), o)),
  ),
  refused(`${operation} with a collation`, (g, o) =>
    run(g, {}, { ...o, collation: { locale: 'en', strength: 1 } }),
  ),
]);

/** Everything that reads by a filter, and every filter that reaches for another tenant. */
export const READ_CASES: readonly Case[] = [...READS, ...NAMING];
