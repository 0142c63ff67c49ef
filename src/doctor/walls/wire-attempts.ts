import type { mongo } from 'mongoose';
import { scopeStore } from '../../tenancy/scope-store.js';
import { type Attempt, refused, works } from './attempt.js';
import { CHANGE, type Ground, graphLookup, lookup } from './ground.js';

/** Around the hooks: what the driver offers by itself. */
const rows = ({ connection }: Ground): mongo.Collection =>
  connection.getClient().db(connection.name).collection('rows');
const systemRows = ({ connection }: Ground): mongo.Collection =>
  connection.getClient().db(connection.name).collection('systemRows');
/** A change stream sends nothing before it is read. */
const heardFrom = (stream: mongo.ChangeStream) => stream.tryNext().finally(() => stream.close());
const pin = ({ own }: Ground) => ({ $match: { tenantId: own } });
const joinOf = (g: Ground, ...stages: object[]) =>
  rows(g)
    .aggregate([pin(g), ...stages])
    .toArray();

const READS: readonly Attempt[] = [
  works(
    'find with its tenant',
    g => rows(g).find({ tenantId: g.own }).toArray(),
    (found: readonly unknown[]) => found.length === 2,
  ),
  refused('find', g => rows(g).find({}).toArray()),
  refused('find of another', g => rows(g).find({ tenantId: g.other }).toArray()),
  refused('find of either', g =>
    rows(g)
      .find({ $or: [{ tenantId: g.own }, {}] })
      .toArray(),
  ),
  refused('find with a collation', g =>
    rows(g)
      .find({ tenantId: g.own }, { collation: { locale: 'en' } })
      .toArray(),
  ),
  refused('explain', g => rows(g).find({}).explain()),
  refused('count', g => rows(g).estimatedDocumentCount()),
  refused('distinct', g => rows(g).distinct('name')),
  refused('aggregate', g => rows(g).aggregate([]).toArray()),
  refused('$lookup', g => joinOf(g, lookup())),
  refused('$unionWith', g => joinOf(g, { $unionWith: { coll: 'rows', pipeline: [] } })),
  refused('$graphLookup', g => joinOf(g, graphLookup())),
  refused('$facet', g => joinOf(g, { $facet: { all: [{ $unionWith: { coll: 'rows', pipeline: [] } }] } })),
  refused('$out', g => joinOf(g, { $out: 'taken' })),
  refused('$merge', g => joinOf(g, { $merge: { into: 'taken' } })),
  refused('getMore of another’s cursor', async g => {
    const cursor = rows(g).find({ tenantId: g.other }, { batchSize: 1 });
    try {
      await g.inScope(() => cursor.next(), g.other);
      return await cursor.next();
    } finally {
      // What is left of it falls to the database.
      await cursor.close().catch(() => undefined);
    }
  }),
  refused('a change stream', g => heardFrom(rows(g).watch())),
];

const WRITES: readonly Attempt[] = [
  works(
    'update with its tenant',
    g => rows(g).updateMany({ tenantId: g.own }, CHANGE),
    (result: mongo.UpdateResult) => result.matchedCount === 2,
  ),
  refused('update', g => rows(g).updateMany({}, CHANGE)),
  refused('an update that moves', g =>
    rows(g).updateMany({ tenantId: g.own }, { $set: { tenantId: g.other } }),
  ),
  refused('a pipeline that moves', g =>
    rows(g).updateMany({ tenantId: g.own }, [{ $set: { tenantId: g.other } }]),
  ),
  refused('a replacement of no tenant', g => rows(g).replaceOne({ tenantId: g.own }, { name: 'x' })),
  refused('delete', g => rows(g).deleteMany({})),
  refused('insert', g => rows(g).insertOne({ name: 'x' })),
  refused('insert for another', g => rows(g).insertOne({ name: 'x', tenantId: g.other })),
  refused('findAndModify', g => rows(g).findOneAndUpdate({}, CHANGE)),
  refused('findAndModify that removes', g => rows(g).findOneAndDelete({})),
  refused('writes in bulk', g => rows(g).bulkWrite([{ deleteMany: { filter: {} } }])),
  refused('an index', g => rows(g).createIndex({ name: 1 }, {}, {})),
  refused('an index for another reason', ({ connection }) =>
    scopeStore.runAsSystem('work.claim', () =>
      connection
        .getClient()
        .db(connection.name)
        .command({
          createIndexes: 'rows',
          indexes: [{ key: { name: 1 }, name: 'name' }],
          comment: 'voho:work.claim',
        }),
    ),
  ),
  refused('a drop', g => rows(g).drop()),
];

const SCOPES: readonly Attempt[] = [
  refused('a command that is not known', ({ connection }) =>
    connection.getClient().db(connection.name).command({ collStats: 'rows' }),
  ),
  refused('another database', ({ connection, own }) =>
    connection.getClient().db('elsewhere').collection('rows').find({ tenantId: own }).toArray(),
  ),
  refused('a collection that no schema declares', ({ connection, own }) =>
    connection.getClient().db(connection.name).collection('taken').find({ tenantId: own }).toArray(),
  ),
  refused('a tenant’s rows during system access', g =>
    scopeStore.runAsSystem('work.claim', () => rows(g).find({ tenantId: g.own }).toArray()),
  ),
  refused('global and work data without a reason', g => systemRows(g).find({}).toArray()),
  refused('such data with a reason that its comment does not name', g =>
    scopeStore.runAsSystem('work.claim', () => systemRows(g).find({}).toArray()),
  ),
  refused('a join from such data', g =>
    scopeStore.runAsSystem('work.claim', () =>
      systemRows(g)
        .aggregate([{ $unionWith: 'rows' }], { comment: 'voho:work.claim' })
        .toArray(),
    ),
  ),
];

/** What the guard on the wire has to refuse by itself. */
export const WIRE_ATTEMPTS: readonly Attempt[] = [...READS, ...WRITES, ...SCOPES];
