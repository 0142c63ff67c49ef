import mongoose, { type mongo } from 'mongoose';
import { scopeStore } from '../../../src/tenancy/scope-store.js';
import { jobScope } from '../../../src/tenancy/tenant-scope.js';
import type { Loose } from '../../kit/client.js';
import { type Case, caught, confined, stopped } from './case.js';
import type { Ground } from './ground.js';

const raw = ({ model }: Ground): Loose => model.collection;
const dbOf = ({ connection }: Ground): mongo.Db => connection.db as mongo.Db;
const nameOf = ({ model }: Ground) => model.collection.name;
const direct = (g: Ground): Loose => dbOf(g).collection(nameOf(g));
const own = ({ tenantA }: Ground) => ({ tenantId: tenantA });
const foreign = ({ tenantB }: Ground) => ({ tenantId: tenantB });
const everybody = () => ({});

/** A second model on the same collection, whose schema nobody has confined. */
function bare(g: Ground): Loose {
  const name = `Bare${g.model.modelName}`;
  const schema = new mongoose.Schema(
    { tenantId: {} },
    { strict: false, strictQuery: false, autoIndex: false, autoCreate: false },
  );
  return g.connection.models[name] ?? g.connection.model(name, schema, nameOf(g));
}

/** Reads and deletes by a filter, by whatever door; each with nobody's filter and with a foreign one. */
const FILTERED: Readonly<Record<string, (ground: Ground, filter: Loose) => unknown>> = {
  'Model.collection.find': (g, filter) => raw(g).find(filter).toArray(),
  'Model.collection.findOne': (g, filter) => raw(g).findOne(filter),
  'Model.collection.countDocuments': (g, filter) => raw(g).countDocuments(filter),
  'Model.collection.distinct': (g, filter) => raw(g).distinct('_id', filter),
  'Model.collection.deleteMany': (g, filter) => raw(g).deleteMany(filter),
  'Model.collection.findOneAndDelete': (g, filter) => raw(g).findOneAndDelete(filter),
  'Model.collection.updateMany': (g, filter) => raw(g).updateMany(filter, { $set: g.change }),
  'Model.collection.updateOne by a pipeline': (g, filter) => raw(g).updateOne(filter, [{ $set: g.change }]),
  'Model.collection.findOneAndUpdate': (g, filter) => raw(g).findOneAndUpdate(filter, { $set: g.change }),
  'Model.collection.replaceOne': (g, filter) => raw(g).replaceOne(filter, g.fresh(g.tenantA)),
  'Model.collection.aggregate': (g, filter) =>
    raw(g)
      .aggregate([{ $match: filter }])
      .toArray(),
  'Model.collection.bulkWrite': (g, filter) => raw(g).bulkWrite([{ deleteMany: { filter } }]),
  'Model.collection.find.explain': (g, filter) => raw(g).find(filter).explain(),
  'connection.collection.find': (g, filter) => g.connection.collection(nameOf(g)).find(filter).toArray(),
  'connection.db.find': (g, filter) => direct(g).find(filter).toArray(),
  'connection.db.command find': (g, filter) => dbOf(g).command({ find: nameOf(g), filter }),
  'connection.db.command count': (g, filter) => dbOf(g).command({ count: nameOf(g), query: filter }),
  'connection.db.runCursorCommand': (g, filter) =>
    dbOf(g)
      .runCursorCommand({ find: nameOf(g), filter })
      .toArray(),
  'getClient().db().find': (g, filter) =>
    g.connection.getClient().db().collection(nameOf(g)).find(filter).toArray(),
};

/** The same by a model that has no hooks of ours; Mongoose reads its filters in its own way first. */
const UNHOOKED: typeof FILTERED = {
  'a model without hooks: find': (g, filter) => bare(g).find(filter),
  'a model without hooks: find without middleware': (g, filter) =>
    bare(g).find(filter, null, { middleware: false }),
  'a model without hooks: updateMany': (g, filter) => bare(g).updateMany(filter, { $set: { x: 1 } }),
  'a model without hooks: bulkWrite': (g, filter) =>
    bare(g).bulkWrite([{ updateMany: { filter, update: { $set: { x: 1 } } } }]),
};

const REFUSED_FILTERS: Readonly<Record<string, (ground: Ground) => Loose>> = {
  'no tenant': everybody,
  'the other tenant': foreign,
  'the own tenant in hex': ({ tenantA }) => ({ tenantId: tenantA.toHexString() }),
  'the own tenant or another': g => ({ $or: [own(g), foreign(g)] }),
  'what is written as something else': g => ({ ...own(g), toBSON: () => ({}) }),
  'an inherited tenant': g => Object.create(own(g)),
};

/** Writes that put a document into, or move one to, another tenant. */
const MOVING: readonly Case[] = [
  caught('Model.collection.insertOne of no tenant', g => raw(g).insertOne(g.fresh())),
  caught('Model.collection.insertOne for the other tenant', g => raw(g).insertOne(g.fresh(g.tenantB))),
  caught('Model.collection.insertMany for both', g =>
    raw(g).insertMany([g.fresh(g.tenantA), g.fresh(g.tenantB)]),
  ),
  caught('Model.collection.bulkWrite insertOne', g =>
    raw(g).bulkWrite([{ insertOne: { document: g.fresh() } }]),
  ),
  caught('connection.db.command insert', g => dbOf(g).command({ insert: nameOf(g), documents: [g.fresh()] })),
  caught('a model without hooks: create', g => bare(g).create(g.fresh())),
  caught('a model without hooks: insertMany', g => bare(g).insertMany([g.fresh(g.tenantB)])),
  caught('a model without hooks: save of a foreign document', async g =>
    bare(g).hydrate(g.b[0]).set('x', 1).save(),
  ),
  ...Object.entries({
    $set: (g: Ground) => ({ $set: foreign(g) }),
    $unset: () => ({ $unset: { tenantId: 1 } }),
    $rename: () => ({ $rename: { tenantId: 'formerly' } }),
    $setOnInsert: (g: Ground) => ({ $setOnInsert: foreign(g) }),
    'a pipeline': (g: Ground) => [{ $set: foreign(g) }],
    'a replacing pipeline': (g: Ground) => [{ $replaceWith: g.b[0] }],
  }).flatMap(([what, update]) => [
    caught(`Model.collection.updateOne that moves a row by ${what}`, g =>
      raw(g).updateOne(own(g), update(g), { upsert: true }),
    ),
    caught(`Model.collection.findOneAndUpdate that moves a row by ${what}`, g =>
      raw(g).findOneAndUpdate(own(g), update(g)),
    ),
  ]),
  caught('Model.collection.replaceOne that gives a row away', g =>
    raw(g).replaceOne(own(g), g.fresh(g.tenantB)),
  ),
  caught('Model.collection.findOneAndReplace that drops the tenant', g =>
    raw(g).findOneAndReplace(own(g), g.fresh()),
  ),
];

/** Stages behind the own tenant's match that read or write more than it. */
const STAGES: Readonly<Record<string, (ground: Ground) => Loose>> = {
  $lookup: g => ({ $lookup: { from: nameOf(g), localField: 'x', foreignField: 'x', as: 'joined' } }),
  '$lookup of the other tenant': g => ({
    $lookup: { from: nameOf(g), pipeline: [{ $match: foreign(g) }], as: 'joined' },
  }),
  '$lookup in a $lookup': g => ({
    $lookup: {
      from: nameOf(g),
      pipeline: [{ $match: own(g) }, { $lookup: { from: nameOf(g), pipeline: [], as: 'deep' } }],
      as: 'joined',
    },
  }),
  '$lookup into global data': () => ({ $lookup: { from: 'tenants', pipeline: [], as: 'joined' } }),
  $graphLookup: g => ({
    $graphLookup: {
      from: nameOf(g),
      startWith: '$_id',
      connectFromField: '_id',
      connectToField: '_id',
      as: 'joined',
    },
  }),
  $unionWith: g => ({ $unionWith: nameOf(g) }),
  '$unionWith by a pipeline': g => ({ $unionWith: { coll: nameOf(g), pipeline: [{ $match: {} }] } }),
  '$unionWith in a $facet': g => ({ $facet: { rows: [{ $unionWith: nameOf(g) }] } }),
  $out: () => ({ $out: 'stolen' }),
  $merge: g => ({ $merge: { into: nameOf(g) } }),
  'a stage that is not known': () => ({ $stageOfTheFuture: {} }),
};

const piped = (g: Ground, ...stages: Loose[]) => raw(g).aggregate(stages).toArray();

const PIPELINES: readonly Case[] = [
  ...Object.entries(STAGES).map(([what, stage]) =>
    caught(`Model.collection.aggregate with ${what}`, g => piped(g, { $match: own(g) }, stage(g))),
  ),
  caught('Model.collection.aggregate that matches later', g =>
    piped(g, { $sort: { _id: 1 } }, { $match: own(g) }),
  ),
  caught('connection.db.aggregate', g =>
    dbOf(g)
      .aggregate([{ $documents: [] }])
      .toArray(),
  ),
  caught('Model.collection.watch', g => raw(g).watch().tryNext()),
  caught('connection.db.watch', g => dbOf(g).watch().tryNext()),
  caught('getClient().watch', g => g.connection.getClient().watch().tryNext()),
];

/** A cursor that tenant B has opened, and its way on. */
async function cursorOfB(g: Ground): Promise<Loose> {
  return scopeStore.runInScope(jobScope(g.tenantB, 'isolation'), async () => {
    const cursor = raw(g).find(foreign(g), { batchSize: 1 });
    await cursor.next();
    return cursor;
  });
}

const OTHERS: readonly Case[] = [
  caught("going on with another tenant's cursor", async g => {
    const cursor = await cursorOfB(g);
    try {
      await cursor.next();
    } finally {
      await cursor.close();
    }
  }),
  // MongoDB itself keeps a cursor to the session that has opened it.
  stopped(
    "getMore of another tenant's cursor",
    async g => {
      const cursor = await cursorOfB(g);
      try {
        await dbOf(g).command({ getMore: cursor.id, collection: nameOf(g) });
      } finally {
        await cursor.close();
      }
    },
    true,
  ),
  caught('estimatedDocumentCount of the driver', g => raw(g).estimatedDocumentCount()),
  caught('a collation', g =>
    raw(g)
      .find(own(g), { collation: { locale: 'en' } })
      .toArray(),
  ),
  caught('a collation of an update', g =>
    raw(g).updateMany(own(g), { $set: g.change }, { collation: { locale: 'en' } }),
  ),
  caught('another database', g =>
    g.connection.getClient().db('other').collection(nameOf(g)).find(own(g)).toArray(),
  ),
  caught('a collection without a schema', g => dbOf(g).collection('anything').find(own(g)).toArray()),
  caught('the profile', g => dbOf(g).collection('system.profile').find().toArray()),
  caught('GridFS', g => new mongoose.mongo.GridFSBucket(dbOf(g)).find({}).toArray()),
  caught('createIndex', g => raw(g).createIndex({ x: 1 })),
  caught('drop', g => raw(g).drop()),
  caught('rename', g => raw(g).rename('stolen')),
  caught('dropDatabase', g => dbOf(g).dropDatabase()),
  caught('mapReduce', g =>
    dbOf(g).command({ mapReduce: nameOf(g), map: '() => {}', reduce: '() => {}', out: { inline: 1 } }),
  ),
  caught('listCollections', g => dbOf(g).listCollections().toArray()),
  caught('dbStats', g => dbOf(g).stats()),
  caught('currentOp', g => dbOf(g).admin().command({ currentOp: 1 })),
  caught('profiling', g => dbOf(g).setProfilingLevel('all')),
];

/** What a raw door may still do: what names its own tenant. */
const CONFINED: readonly Case[] = [
  confined(
    'Model.collection.find of the own tenant',
    g => raw(g).find(own(g)).toArray(),
    rows => rows.length === 2,
    true,
  ),
  confined(
    'Model.collection.find in batches',
    g => raw(g).find(own(g), { batchSize: 1 }).toArray(),
    rows => rows.length === 2,
    true,
  ),
  confined(
    'Model.collection.find.explain of the own tenant',
    g => raw(g).find(own(g)).explain(),
    () => true,
    true,
  ),
  confined(
    'Model.collection.updateMany of the own tenant',
    g => raw(g).updateMany({ $and: [own(g)] }, { $set: g.change }),
    ({ matchedCount }: Loose) => matchedCount === 2,
    true,
  ),
  confined(
    'Model.collection.insertOne for the own tenant',
    g => raw(g).insertOne(g.fresh(g.tenantA)),
    ({ acknowledged }: Loose) => acknowledged === true,
    true,
  ),
];

/** Every door that has no hook: the guard on the wire is the only wall there. */
export const RAW_CASES: readonly Case[] = [
  ...Object.entries(FILTERED).flatMap(([door, run]) =>
    Object.entries(REFUSED_FILTERS).map(([what, filter]) =>
      caught(`${door} by ${what}`, g => run(g, filter(g))),
    ),
  ),
  ...Object.entries(UNHOOKED).flatMap(([door, run]) => [
    caught(`${door} by no tenant`, g => run(g, {})),
    caught(`${door} by the other tenant`, g => run(g, foreign(g))),
  ]),
  ...MOVING,
  ...PIPELINES,
  ...OTHERS,
  ...CONFINED,
];
