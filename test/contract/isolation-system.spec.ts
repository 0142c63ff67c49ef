import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IsolationError } from '../../src/errors/isolation-error.js';
import { scopeStore } from '../../src/tenancy/scope-store.js';
import type { Loose } from '../kit/client.js';
import { OPTION_SETS } from './isolation/case.js';
import { SCOPED, SYSTEM } from './isolation/definitions.js';
import { type Database, type Ground, groundOf, openDatabase } from './isolation/ground.js';

type Operation = (ground: Ground, options: Loose) => unknown;
const own = ({ a }: Ground) => ({ _id: a[0]._id });
const live = ({ model, a }: Ground): Loose => model.hydrate(a[0]);

/** Operations that work during system access, each of them as one command that carries the reason. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  find: ({ model }, o) => model.find({}, null, o),
  'find.cursor': ({ model }, o) => model.find({}, null, o).cursor().next(),
  findOne: ({ model }, o) => model.findOne({}, null, o),
  findById: (g, o) => g.model.findById(g.a[0]._id, null, o),
  exists: (g, o) => g.model.exists(own(g)).setOptions(o),
  countDocuments: ({ model }, o) => model.countDocuments({}, o),
  estimatedDocumentCount: ({ model }, o) => model.estimatedDocumentCount(o),
  distinct: ({ model }, o) => model.distinct('_id', {}, o),
  updateOne: (g, o) => g.model.updateOne(own(g), g.change, o),
  updateMany: (g, o) => g.model.updateMany({}, g.change, o),
  findOneAndUpdate: (g, o) => g.model.findOneAndUpdate(own(g), g.change, o),
  findByIdAndUpdate: (g, o) => g.model.findByIdAndUpdate(g.a[0]._id, g.change, o),
  replaceOne: (g, o) => g.model.replaceOne(own(g), replacementOf(g), o),
  findOneAndReplace: (g, o) => g.model.findOneAndReplace(own(g), replacementOf(g), o),
  aggregate: ({ model }, o) => model.aggregate([{ $match: {} }]).option(o),
  'aggregate.cursor': ({ model }, o) =>
    model
      .aggregate([{ $match: {} }])
      .option(o)
      .cursor()
      .next(),
  insertMany: (g, o) => g.model.insertMany([freshOf(g)], o),
  bulkWrite: (g, o) => g.model.bulkWrite([{ updateMany: { filter: {}, update: { $set: g.change } } }], o),
  findOneAndDelete: (g, o) => g.model.findOneAndDelete(own(g), o),
  deleteOne: (g, o) => g.model.deleteOne(own(g), o),
  deleteMany: ({ model }, o) => model.deleteMany({}, o),
};

/** Operations that cannot carry a reason; refused always. */
const CLOSED: Readonly<Record<string, Operation>> = {
  create: (g, o) => g.model.create([freshOf(g)], o),
  save: (g, o) => new g.model(freshOf(g)).save({ ...o, validateBeforeSave: false }),
  'save of a stored one': (g, o) => live(g).set(g.change).save(o),
  bulkSave: (g, o) => g.model.bulkSave([live(g).set(g.change)], o),
  watch: ({ model }) => model.watch(),
  'a $lookup into tenant-owned data': ({ model }, o) =>
    model.aggregate([{ $lookup: { from: 'users', pipeline: [], as: 'joined' } }]).option(o),
  'a $lookup in a $facet': ({ model }, o) =>
    model
      .aggregate([{ $facet: { rows: [{ $lookup: { from: 'users', pipeline: [], as: 'joined' } }] } }])
      .option(o),
  'a $unionWith': ({ model }, o) => model.aggregate([{ $unionWith: 'users' }]).option(o),
  'a $graphLookup': ({ model }, o) =>
    model
      .aggregate([
        {
          $graphLookup: {
            from: 'users',
            startWith: '$_id',
            connectFromField: '_id',
            connectToField: 'tenantId',
            as: 'joined',
          },
        },
      ])
      .option(o),
  $out: ({ model }, o) => model.aggregate([{ $out: 'stolen' }]).option(o),
  $merge: ({ model }, o) => model.aggregate([{ $merge: { into: 'users' } }]).option(o),
};

/** A row whose `tenantId`, if it has one, belongs to the data rather than to the walls. */
const freshOf = (ground: Ground) => {
  const row: Record<string, unknown> = ground.fresh();
  if ('tenantId' in ground.model.schema.paths) row['tenantId'] = ground.tenantA;
  if (ground.model.schema.path('_id').instance === 'String') row['_id'] = String(row['_id']);
  return row;
};

const replacementOf = (ground: Ground) => ({ ...freshOf(ground), _id: ground.a[0]._id });

describe('Global and work data', () => {
  let database: Database;
  const asSystem = <T>(work: () => Promise<T>) => scopeStore.runAsSystem('work.claim', work);

  beforeAll(async () => {
    database = await openDatabase();
    for (const { model, schema, collection } of SCOPED) database.connection.model(model, schema, collection);
  });
  afterAll(async () => {
    await database.close();
  });

  describe.each(SYSTEM)('of $model', definition => {
    let ground: Ground;

    beforeAll(async () => {
      ground = await groundOf(database, definition);
    });

    it.each(Object.keys({ ...OPERATIONS, ...CLOSED }))('refuses %s to a tenant and to nobody', async name => {
      const operation = { ...OPERATIONS, ...CLOSED }[name] as Operation;
      for (const options of OPTION_SETS) {
        await expect((async () => operation(ground, { ...options }))()).rejects.toBeInstanceOf(
          IsolationError,
        );
        await expect(ground.asA(async () => operation(ground, { ...options }))).rejects.toBeInstanceOf(
          IsolationError,
        );
      }
      expect(await ground.look()).toEqual({ isTouched: false, isBroken: false });
    });

    it.each(Object.keys(CLOSED))('refuses %s even during system access', async name => {
      for (const options of OPTION_SETS) {
        await expect(asSystem(async () => CLOSED[name]?.(ground, { ...options }))).rejects.toBeInstanceOf(
          IsolationError,
        );
      }
      expect(await ground.look()).toEqual({ isTouched: false, isBroken: false });
    });

    it('does not reach tenant-owned data by populate during system access', async () => {
      const { model, b } = ground;
      const ref = { path: 'ref', model: database.connection.model('User') as Loose, strictPopulate: false };
      for (const options of OPTION_SETS) {
        const populated = asSystem(async () =>
          model.populate([{ ref: b[0]._id }] as Loose, { ...ref, options }),
        );
        await expect(populated).rejects.toBeInstanceOf(IsolationError);
      }
    });

    it('names the reason in every command of system access, whatever the caller says', async () => {
      const { db } = database;
      const unmarked: string[] = [];
      for (const [name, operation] of Object.entries(OPERATIONS)) {
        for (const options of OPTION_SETS) {
          await ground.reset();
          await db.setProfilingLevel('all');
          await asSystem(async () => operation(ground, { ...options, comment: 'none of your business' }));
          await db.setProfilingLevel('off');
          const profile = db.collection('system.profile');
          const entries = await profile.find({ ns: `${db.databaseName}.${definition.collection}` }).toArray();
          await profile.drop();
          const comments = entries.map(({ command }) => (command as { comment?: unknown }).comment);
          if (comments.length === 0 || comments.some(comment => comment !== 'voho:work.claim')) {
            unmarked.push(`${name} ${JSON.stringify(options)}: ${JSON.stringify(comments)}`);
          }
        }
      }
      await ground.reset();
      expect(unmarked).toEqual([]);
    });
  });
});
