import type { PipelineStage } from 'mongoose';
import { scopeStore } from '../../tenancy/scope-store.js';
import { type Attempt, harmless, refused, works } from './attempt.js';
import { CHANGE, type Ground, graphLookup, lookup, type Row } from './ground.js';

/** Turns every hook off that is not marked as one that stays. */
const SKIP = { middleware: false } as object;

const theirs = ({ otherRows }: Ground) => ({ _id: otherRows[0]._id });
const fresh = (more: object = {}) => ({ name: 'new', group: 'g', ...more });
const live = ({ model }: Ground, row: Row) => model.hydrate(row);
const aggregate = ({ model }: Ground, ...pipeline: object[]) =>
  model
    .aggregate(pipeline as PipelineStage[])
    .option(SKIP)
    .exec();

const two = (rows: readonly unknown[]) => rows.length === 2;
const nothing = (row: unknown) => row === null;
const matched = (count: number) => (result: { matchedCount: number }) => result.matchedCount === count;
const deleted = (count: number) => (result: { deletedCount: number }) => result.deletedCount === count;
const joined = ([row]: readonly { joined: readonly unknown[] }[]) => row?.joined.length === 2;

const READS: readonly Attempt[] = [
  works('find', ({ model }) => model.find({}, null, SKIP).lean(), two),
  works('findOne', g => g.model.findOne(theirs(g), null, SKIP).lean(), nothing),
  works(
    'countDocuments',
    ({ model }) => model.countDocuments({}, SKIP),
    count => count === 2,
  ),
  works('distinct', ({ model }) => model.distinct('name', {}, SKIP), two),
  works('aggregate', g => aggregate(g, { $match: {} }), two),
  works('$lookup', g => aggregate(g, lookup()), joined),
  works(
    '$unionWith',
    g => aggregate(g, { $unionWith: 'rows' }),
    (rows: readonly unknown[]) => rows.length === 4,
  ),
  works('$graphLookup', g => aggregate(g, graphLookup()), joined),
  works('$facet', g => aggregate(g, { $facet: { joined: [{ $match: {} }] } }), joined),
  refused('$facet with what leads elsewhere', g => aggregate(g, { $facet: { all: [{ $out: 'taken' }] } })),
  refused('$out', g => aggregate(g, { $out: 'taken' })),
  refused('$merge', g => aggregate(g, { $merge: 'taken' })),
  refused('a join to what no schema declares', g =>
    aggregate(g, { $lookup: { from: 'systemRows', pipeline: [], as: 'joined' } }),
  ),
  refused('estimatedDocumentCount', ({ model }) => model.estimatedDocumentCount(SKIP)),
  refused('a filter that names a tenant', g => g.model.find({ tenantId: g.other } as never)),
  refused('a tenant deeper in a filter', g =>
    g.model.find({ $or: [{ name: 'one' }, { $and: [{ tenantId: g.other }] }] } as never),
  ),
  refused('a tenant in an expression', g => g.model.find({ $expr: { $ne: ['$tenantId', g.own] } })),
  refused('a collation of a query', ({ model }) => model.find({}).collation({ locale: 'en' })),
  refused('a collation of a pipeline', ({ model }) => model.aggregate([]).collation({ locale: 'en' }).exec()),
  refused('a change stream', ({ model }) => model.watch().close()),
  refused('a drop by the connection', ({ connection }) => connection.dropCollection('rows')),
];

const WRITES: readonly Attempt[] = [
  works('updateOne', g => g.model.updateOne(theirs(g), CHANGE, SKIP), matched(0)),
  works('updateMany', ({ model }) => model.updateMany({}, CHANGE, SKIP), matched(2)),
  works('findOneAndUpdate', g => g.model.findOneAndUpdate(theirs(g), CHANGE, SKIP).lean(), nothing),
  works('findOneAndDelete', g => g.model.findOneAndDelete(theirs(g), SKIP).lean(), nothing),
  works('deleteOne', g => g.model.deleteOne(theirs(g), SKIP), deleted(0)),
  works('deleteMany', ({ model }) => model.deleteMany({}, SKIP), deleted(2)),
  refused('replaceOne', g => g.model.replaceOne({ _id: g.ownRows[0]._id }, fresh(), SKIP)),
  refused('findOneAndReplace', g => g.model.findOneAndReplace({ name: 'one' }, fresh(), SKIP)),
  refused('an update of the tenant', g => g.model.updateMany({}, { $set: { tenantId: g.other } })),
  refused('an update of the tenant by a pipeline', g =>
    g.model.updateMany({}, [{ $set: { tenantId: g.other } }], { updatePipeline: true }),
  ),
  refused('a renaming to the tenant', ({ model }) => model.updateMany({}, { $rename: { name: 'tenantId' } })),
  works(
    'insertMany',
    ({ model }) => model.insertMany([fresh()], SKIP),
    ([row]: readonly Row[], { own }) => own.equals(row?.tenantId ?? ''),
  ),
  works(
    'insertMany of plain objects',
    ({ model }) => model.insertMany([fresh()], { ...SKIP, lean: true }),
    ([row]: readonly Row[], { own }) => own.equals(row?.tenantId ?? ''),
  ),
  refused('insertMany of plain objects for another', g =>
    g.model.insertMany([fresh({ tenantId: g.other })] as never, { ...SKIP, lean: true }),
  ),
  refused('insertMany for another', g => g.model.insertMany([fresh({ tenantId: g.other })] as never, SKIP)),
  works(
    'bulkWrite',
    ({ model }) =>
      model.bulkWrite(
        [
          { insertOne: { document: fresh() } },
          { updateMany: { filter: {}, update: CHANGE } },
          { deleteMany: { filter: {} } },
        ] as never,
        SKIP,
      ),
    deleted(3),
  ),
  refused('an update of the tenant in bulk', g =>
    g.model.bulkWrite(
      [{ updateMany: { filter: {}, update: { $set: { tenantId: g.other } } } }] as never,
      SKIP,
    ),
  ),
  refused('bulkSave', g => g.model.bulkSave([live(g, g.ownRows[0])])),
];

const DOCUMENTS: readonly Attempt[] = [
  works(
    'save',
    ({ model }) => new model(fresh()).save(SKIP),
    (row: Row, { own }) => own.equals(row.tenantId),
  ),
  refused('save for another', g => new g.model(fresh({ tenantId: g.other })).save(SKIP)),
  refused('save of another’s', g =>
    live(g, g.otherRows[0]).set('name', 'changed').save({ validateBeforeSave: false }),
  ),
  harmless('save of another’s that says it is the own', g =>
    live(g, { ...g.otherRows[0], tenantId: g.own })
      .set('name', 'changed')
      .save({ validateBeforeSave: false }),
  ),
  refused('deleteOne of another’s document', g => live(g, g.otherRows[0]).deleteOne()),
  refused('updateOne of another’s document', g => live(g, g.otherRows[0]).updateOne(CHANGE)),
];

const SCOPES: readonly Attempt[] = [
  refused('a query during system access', ({ model }) =>
    scopeStore.runAsSystem('work.claim', async () => model.find({}).lean()),
  ),
  refused('global and work data without a reason', ({ systemModel }) => systemModel.find({}).lean()),
  refused('a pipeline over such data', ({ systemModel }) => systemModel.aggregate([]).exec()),
  refused('an insert into such data', ({ systemModel }) => systemModel.insertMany([{ name: 'x' }])),
  refused('a bulk write into such data', ({ systemModel }) =>
    systemModel.bulkWrite([{ deleteMany: { filter: {} } }]),
  ),
  refused('a join from such data', ({ systemModel }) =>
    scopeStore.runAsSystem('work.claim', async () => systemModel.aggregate([{ $unionWith: 'rows' }]).exec()),
  ),
  works(
    'global and work data with a reason',
    ({ systemModel }) => scopeStore.runAsSystem('work.claim', async () => systemModel.find({}).lean()),
    (rows: readonly unknown[]) => rows.length === 0,
  ),
];

/** What the hooks of the schemas have to confine or refuse by themselves. */
export const HOOK_ATTEMPTS: readonly Attempt[] = [...READS, ...WRITES, ...DOCUMENTS, ...SCOPES];
