import type { Loose } from '../../kit/client.js';
import { type Case, confined, refused, stopped } from './case.js';
import type { Ground } from './ground.js';

const isOfA = (row: Loose, g: Ground) => g.tenantA.equals(row.tenantId);
const areOfA = (rows: Loose, g: Ground) => rows.length > 0 && rows.every((row: Loose) => isOfA(row, g));

const INSERTS: readonly Case[] = [
  confined('create', async (g, o) => (await g.model.create([g.fresh()], o))[0], isOfA),
  confined('create of one', g => g.model.create(g.fresh()), isOfA, true),
  refused('create for the other tenant', (g, o) => g.model.create([g.fresh(g.tenantB)], o)),
  refused('create of one for the other tenant', g => g.model.create(g.fresh(g.tenantB)), true),
  confined('insertOne', (g, o) => (g.model as Loose).insertOne(g.fresh(), o), isOfA),
  refused('insertOne for the other tenant', (g, o) => (g.model as Loose).insertOne(g.fresh(g.tenantB), o)),
  confined('save of a new one', (g, o) => new g.model(g.fresh()).save(o), isOfA),
  refused('save of a new one for the other tenant', (g, o) => new g.model(g.fresh(g.tenantB)).save(o)),
  confined(
    'save without validation',
    (g, o) => new g.model(g.fresh()).save({ ...o, validateBeforeSave: false }),
    isOfA,
  ),
  refused('save without validation for the other tenant', (g, o) =>
    new g.model(g.fresh(g.tenantB)).save({ ...o, validateBeforeSave: false }),
  ),
  confined('insertMany', (g, o) => g.model.insertMany([g.fresh(), g.fresh()], o), areOfA),
  confined('insertMany lean', (g, o) => g.model.insertMany([g.fresh()], { ...o, lean: true }), areOfA),
  confined(
    'insertMany of one object',
    async (g, o) => [await g.model.insertMany(g.fresh() as Loose, o)].flat(),
    areOfA,
  ),
  confined(
    'insertMany of documents',
    (g, o) => g.model.insertMany([new g.model(g.fresh())] as Loose, o),
    areOfA,
  ),
  refused('insertMany for both tenants', (g, o) => g.model.insertMany([g.fresh(), g.fresh(g.tenantB)], o)),
  refused('insertMany lean for the other tenant', (g, o) =>
    g.model.insertMany([g.fresh(g.tenantB)], { ...o, lean: true }),
  ),
  refused('insertMany of one object for the other tenant', (g, o) =>
    g.model.insertMany(g.fresh(g.tenantB) as Loose, o),
  ),
  refused('insertMany of documents for the other tenant', (g, o) =>
    g.model.insertMany([new g.model(g.fresh(g.tenantB))] as Loose, o),
  ),
  refused('insertMany in any order for both tenants', (g, o) =>
    g.model.insertMany([g.fresh(), g.fresh(g.tenantB)], { ...o, ordered: false, rawResult: true }),
  ),
];

/** A foreign row that claims to be the own tenant's. */
const forged = ({ model, b, tenantA }: Ground): Loose => model.hydrate({ ...b[0], tenantId: tenantA });
const foreign = ({ model, b }: Ground): Loose => model.hydrate(b[0]);
/** A foreign row of which only the id was selected. */
const bare = ({ model, b }: Ground): Loose => model.hydrate({ _id: b[0]._id });
const own = async ({ model, a }: Ground): Promise<Loose> => model.findById(a[0]._id);

const DOCUMENTS: readonly Case[] = [
  confined('save of a loaded document', async (g, o) => (await own(g)).set(g.change).save(o), isOfA),
  confined(
    'deleteOne of a loaded document',
    async (g, o) => (await own(g)).deleteOne(o),
    ({ deletedCount }: Loose) => deletedCount === 1,
  ),
  confined(
    'updateOne of a loaded document',
    async (g, o) => (await own(g)).updateOne(g.change, o),
    ({ matchedCount }: Loose) => matchedCount === 1,
  ),
  refused('save of a foreign document', (g, o) => foreign(g).set(g.change).save(o)),
  refused('save of a foreign document without validation', (g, o) =>
    foreign(g)
      .set(g.change)
      .save({ ...o, validateBeforeSave: false }),
  ),
  refused('save of an unchanged foreign document', (g, o) => foreign(g).save(o)),
  refused('save of a foreign document without its tenant', (g, o) =>
    bare(g)
      .set(g.change)
      .save({ ...o, validateBeforeSave: false }),
  ),
  refused('save of a foreign document as a new one', (g, o) => {
    const document = foreign(g);
    document.isNew = true;
    return document.save(o);
  }),
  stopped('save of a forged document', (g, o) => forged(g).set(g.change).save(o)),
  stopped('save of an unchanged forged document', (g, o) => forged(g).save(o)),
  stopped('save of a forged document with a condition of its own', (g, o) => {
    const document = forged(g).set(g.change);
    document.$where = {};
    return document.save(o);
  }),
  refused('deleteOne of a foreign document', (g, o) => foreign(g).deleteOne(o)),
  confined(
    'deleteOne of a forged document',
    (g, o) => forged(g).deleteOne(o),
    ({ deletedCount }: Loose) => deletedCount === 0,
  ),
  refused('updateOne of a foreign document', (g, o) => foreign(g).updateOne(g.change, o)),
  confined(
    'updateOne of a forged document',
    (g, o) => forged(g).updateOne(g.change, o),
    ({ matchedCount }: Loose) => matchedCount === 0,
  ),
  refused('replaceOne of a foreign document', (g, o) => foreign(g).replaceOne(g.fresh(g.tenantB), o)),
  stopped('save of a document given away', async (g, o) => (await own(g)).set('tenantId', g.tenantB).save(o)),
  refused('save of a document given away in spite of its immutability', async (g, o) =>
    (await own(g)).set('tenantId', g.tenantB, undefined, { overwriteImmutable: true }).save(o),
  ),
  refused('save of a document whose tenant is taken away', async (g, o) =>
    (await own(g)).set('tenantId', undefined, undefined, { overwriteImmutable: true }).save(o),
  ),
];

const BULK: readonly Case[] = [
  confined(
    'bulkWrite insertOne',
    async (g, o) => {
      const document = g.fresh();
      await g.model.bulkWrite([{ insertOne: { document } }], o);
      return g.model.findById(document['_id']);
    },
    isOfA,
  ),
  refused('bulkWrite insertOne for the other tenant', (g, o) =>
    g.model.bulkWrite(
      [{ insertOne: { document: g.fresh() } }, { insertOne: { document: g.fresh(g.tenantB) } }],
      o,
    ),
  ),
  confined(
    'bulkWrite updateOne foreign',
    (g, o) => bulk(g, o, 'updateOne', { filter: idOfB(g), update: { $set: g.change } }),
    ({ matchedCount }: Loose) => matchedCount === 0,
  ),
  confined(
    'bulkWrite updateMany of all',
    (g, o) => bulk(g, o, 'updateMany', { filter: {}, update: { $set: g.change } }),
    ({ matchedCount }: Loose) => matchedCount === 2,
  ),
  confined(
    'bulkWrite deleteOne foreign',
    (g, o) => bulk(g, o, 'deleteOne', { filter: idOfB(g) }),
    ({ deletedCount }: Loose) => deletedCount === 0,
  ),
  confined(
    'bulkWrite deleteMany of all',
    (g, o) => bulk(g, o, 'deleteMany', { filter: {} }),
    ({ deletedCount }: Loose) => deletedCount === 2,
  ),
  confined(
    'bulkWrite in any order',
    (g, o) => bulk(g, { ...o, ordered: false }, 'deleteMany', { filter: {} }),
    ({ deletedCount }: Loose) => deletedCount === 2,
  ),
  stopped('bulkWrite that upserts at a foreign id', (g, o) =>
    bulk(g, o, 'updateOne', { filter: idOfB(g), update: { $set: g.change }, upsert: true }),
  ),
  refused('bulkWrite replaceOne', (g, o) =>
    bulk(g, o, 'replaceOne', { filter: idOfB(g), replacement: g.fresh(g.tenantB) }),
  ),
  ...(['updateOne', 'updateMany'] as const).flatMap(name => [
    refused(`bulkWrite ${name} that names the other tenant`, (g, o) =>
      bulk(g, o, name, { filter: { tenantId: g.tenantB }, update: { $set: g.change } }),
    ),
    refused(`bulkWrite ${name} that gives a row away`, (g, o) =>
      bulk(g, o, name, { filter: {}, update: { $set: { tenantId: g.tenantB } } }),
    ),
    refused(`bulkWrite ${name} that gives a new row away`, (g, o) =>
      bulk(g, o, name, { filter: {}, update: { $setOnInsert: { tenantId: g.tenantB } }, upsert: true }),
    ),
    refused(`bulkWrite ${name} that gives a row away by a pipeline`, (g, o) =>
      bulk(g, o, name, { filter: {}, update: [{ $set: { tenantId: g.tenantB } }] }),
    ),
    refused(`bulkWrite ${name} with a collation`, (g, o) =>
      bulk(g, o, name, { filter: {}, update: { $set: g.change }, collation: { locale: 'en' } }),
    ),
  ]),
  ...(['deleteOne', 'deleteMany'] as const).flatMap(name => [
    refused(`bulkWrite ${name} that names the other tenant`, (g, o) =>
      bulk(g, o, name, { filter: { $or: [{ tenantId: g.tenantB }] } }),
    ),
    refused(`bulkWrite ${name} with a collation`, (g, o) =>
      bulk(g, o, name, { filter: {}, collation: { locale: 'en' } }),
    ),
  ]),
  refused('bulkWrite of an operation with two names', (g, o) =>
    g.model.bulkWrite([{ deleteMany: { filter: idOfB(g) }, insertOne: { document: g.fresh(g.tenantB) } }], o),
  ),
  refused('bulkWrite that skips the casting', (g, o) =>
    bulk(g, { ...o, _skipCastBulkWrite: true }, 'updateMany', {
      filter: { tenantId: g.tenantB },
      update: { $set: g.change },
    }),
  ),
  refused('bulkSave', (g, o) => g.model.bulkSave([foreign(g).set(g.change)], o)),
  refused('bulkSave of a forged document', (g, o) => g.model.bulkSave([forged(g).set(g.change)], o)),
];

const idOfB = ({ b }: Ground) => ({ _id: b[0]._id });
const bulk = ({ model }: Ground, options: object, name: string, body: object) =>
  model.bulkWrite([{ [name]: body }] as Loose, options);

/** Everything that writes documents rather than by a filter. */
export const DOCUMENT_CASES: readonly Case[] = [...INSERTS, ...DOCUMENTS, ...BULK];
