import type { Loose } from '../../kit/client.js';
import { type Case, confined, refused } from './case.js';
import type { Ground } from './ground.js';

const two = (rows: Loose) => rows.length === 2;
const none = (rows: Loose) => rows.length === 0;
const nameOf = ({ model }: Ground) => model.collection.name;
/** Builds it past the look that Mongoose itself takes at the stages. */
function aggregate({ model }: Ground, pipeline: Loose[], options: Loose) {
  const aggregation = model.aggregate().option(options);
  aggregation.pipeline().push(...pipeline);
  return aggregation;
}

async function all(source: AsyncIterable<unknown>): Promise<unknown[]> {
  const rows = [];
  for await (const row of source) rows.push(row);
  return rows;
}

/** Joins that reach everything in their collection, as a stage. */
const JOINS: Readonly<Record<string, (ground: Ground) => Loose>> = {
  '$lookup by a field': g => ({
    $lookup: { from: nameOf(g), localField: 'nowhere', foreignField: 'nowhere', as: 'joined' },
  }),
  '$lookup by a pipeline': g => ({
    $lookup: {
      from: nameOf(g),
      let: { id: '$_id' },
      pipeline: [{ $match: { $expr: { $ne: ['$$id', null] } } }],
      as: 'joined',
    },
  }),
  '$lookup in a $lookup': g => ({
    $lookup: {
      from: nameOf(g),
      pipeline: [{ $lookup: { from: nameOf(g), pipeline: [], as: 'deep' } }],
      as: 'joined',
    },
  }),
  $graphLookup: g => ({
    $graphLookup: {
      from: nameOf(g),
      startWith: { $literal: g.b[0]._id },
      connectFromField: '_id',
      connectToField: '_id',
      as: 'joined',
    },
  }),
  '$graphLookup with a match': g => ({
    $graphLookup: {
      from: nameOf(g),
      startWith: { $literal: g.b[0]._id },
      connectFromField: '_id',
      connectToField: '_id',
      as: 'joined',
      restrictSearchWithMatch: { _id: { $ne: null } },
    },
  }),
  '$unionWith by name': g => ({ $unionWith: nameOf(g) }),
  '$unionWith by a pipeline': g => ({ $unionWith: { coll: nameOf(g), pipeline: [{ $match: {} }] } }),
  '$lookup in a $unionWith': g => ({
    $unionWith: { coll: nameOf(g), pipeline: [{ $lookup: { from: nameOf(g), pipeline: [], as: 'deep' } }] },
  }),
  '$unionWith in a $lookup': g => ({
    $lookup: { from: nameOf(g), pipeline: [{ $unionWith: nameOf(g) }], as: 'joined' },
  }),
};

/** Stages that no `$match` can confine. */
const REFUSED: Readonly<Record<string, (ground: Ground) => Loose>> = {
  $out: () => ({ $out: 'stolen' }),
  $merge: g => ({ $merge: { into: nameOf(g) } }),
  $search: () => ({ $search: { text: { query: 'x', path: 'name' } } }),
  $searchMeta: () => ({ $searchMeta: {} }),
  $vectorSearch: () => ({ $vectorSearch: {} }),
  $rankFusion: () => ({ $rankFusion: {} }),
  $geoNear: () => ({ $geoNear: { near: [0, 0], distanceField: 'far' } }),
  $collStats: () => ({ $collStats: { count: {} } }),
  $indexStats: () => ({ $indexStats: {} }),
  $documents: () => ({ $documents: [] }),
  $changeStream: () => ({ $changeStream: {} }),
  $currentOp: () => ({ $currentOp: {} }),
  $listSessions: () => ({ $listSessions: {} }),
  $planCacheStats: () => ({ $planCacheStats: {} }),
  'a stage that is not known': () => ({ $stageOfTheFuture: {} }),
  'a stage with two names': g => ({ $match: {}, $unionWith: nameOf(g) }),
  'a stage without a name': () => ({}),
  'a $lookup into global data': () => ({ $lookup: { from: 'tenants', pipeline: [], as: 'joined' } }),
  'a $lookup into a collection that is not known': () => ({
    $lookup: { from: 'system.profile', pipeline: [], as: 'joined' },
  }),
  'a $lookup into another database': g => ({
    $lookup: { from: { db: 'admin', coll: nameOf(g) }, pipeline: [], as: 'joined' },
  }),
  'a $lookup of nothing': () => ({ $lookup: { pipeline: [{ $documents: [] }], as: 'joined' } }),
  'a $unionWith global data': () => ({ $unionWith: 'tenants' }),
  'a $graphLookup into global data': () => ({
    $graphLookup: {
      from: 'tenants',
      startWith: '$_id',
      connectFromField: '_id',
      connectToField: '_id',
      as: 'joined',
    },
  }),
};

/** Everything that aggregates. */
export const AGGREGATE_CASES: readonly Case[] = [
  confined('aggregate', (g, o) => aggregate(g, [{ $match: {} }], o), two),
  confined('aggregate of no stages', g => g.model.aggregate().match({}), two, true),
  confined(
    'aggregate over the other tenant',
    (g, o) => aggregate(g, [{ $match: { tenantId: g.tenantB } }], o),
    none,
  ),
  confined(
    'aggregate that groups',
    (g, o) => aggregate(g, [{ $group: { _id: null, rows: { $push: '$$ROOT' } } }], o),
    ([{ rows }]: Loose) => rows.length === 2,
  ),
  confined(
    'aggregate that counts',
    (g, o) => aggregate(g, [{ $count: 'rows' }], o),
    ([{ rows }]: Loose) => rows === 2,
  ),
  confined(
    'aggregate by a cursor',
    (g, o) => all(aggregate(g, [{ $match: {} }], o).cursor({ batchSize: 1 })),
    two,
  ),
  confined('for await of aggregate', (g, o) => all(aggregate(g, [{ $match: {} }], o)), two),
  confined(
    'aggregate.explain',
    (g, o) => aggregate(g, [{ $match: {} }], o).explain(),
    () => true,
  ),
  confined(
    'aggregate tried twice',
    async (g, o) => {
      const twice = aggregate(g, [{ $match: {} }], o);
      await twice.exec();
      return twice.exec();
    },
    two,
  ),
  refused('aggregate with a collation', (g, o) =>
    aggregate(g, [{ $match: {} }], o).collation({ locale: 'en' }),
  ),
  ...Object.entries(JOINS).flatMap(([what, stage]) => [
    confined(
      `aggregate with ${what}`,
      (g, o) => aggregate(g, [stage(g)], o),
      (rows: Loose) => rows.length > 0,
    ),
    confined(
      `aggregate with ${what} in a $facet`,
      (g, o) => aggregate(g, [{ $facet: { rows: [stage(g)] } }], o),
      ([{ rows }]: Loose) => rows.length > 0,
    ),
  ]),
  ...Object.entries(REFUSED).flatMap(([what, stage]) => [
    refused(`aggregate with ${what}`, (g, o) => aggregate(g, [stage(g)], o)),
    refused(`aggregate with ${what} in a $facet`, (g, o) =>
      aggregate(g, [{ $facet: { rows: [stage(g)] } }], o),
    ),
    refused(`aggregate with ${what} in a $lookup`, (g, o) =>
      aggregate(g, [{ $lookup: { from: nameOf(g), pipeline: [stage(g)], as: 'joined' } }], o),
    ),
  ]),
];

/** Statics that run no hook. */
export const STATIC_CASES: readonly Case[] = [
  ...[
    'watch',
    'createCollection',
    'syncIndexes',
    'diffIndexes',
    'createSearchIndex',
    'updateSearchIndex',
    'dropSearchIndex',
    'listSearchIndexes',
  ].map(name => refused(`Model.${name}`, ({ model }) => (model as Loose)[name]([], {}), true)),
  refused('Model.cleanIndexes', ({ model }) => model.cleanIndexes({ toDrop: [] }), true),
];
