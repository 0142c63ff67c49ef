import type { Loose } from '../../kit/client.js';
import { type Case, confined, refused, stopped } from './case.js';
import type { Ground } from './ground.js';

const foreign = ({ b }: Ground) => ({ _id: b[0]._id });
const live = ({ model, a }: Ground): Loose => model.hydrate(a[0]);
const fieldOf = ({ change }: Ground) => Object.keys(change)[0] ?? '';
const matched = (count: number) => (result: Loose) => result.matchedCount === count;
const deleted = (count: number) => (result: Loose) => result.deletedCount === count;
const nothing = (row: Loose) => row === null;
const isOfA = (row: Loose, g: Ground) => g.tenantA.equals(row.tenantId);

const WRITES: readonly Case[] = [
  confined('updateOne foreign', (g, o) => g.model.updateOne(foreign(g), g.change, o), matched(0)),
  confined('updateOne own', (g, o) => g.model.updateOne({ _id: g.a[0]._id }, g.change, o), matched(1)),
  confined('updateMany of all', (g, o) => g.model.updateMany({}, g.change, o), matched(2)),
  confined(
    'updateMany by a pipeline',
    (g, o) => g.model.updateMany({}, [{ $set: g.change }], { ...o, updatePipeline: true }),
    matched(2),
  ),
  confined('findOneAndUpdate foreign', (g, o) => g.model.findOneAndUpdate(foreign(g), g.change, o), nothing),
  confined('findOneAndUpdate own', (g, o) => g.model.findOneAndUpdate({}, g.change, o), isOfA),
  confined(
    'findByIdAndUpdate foreign',
    (g, o) => g.model.findByIdAndUpdate(g.b[0]._id, g.change, o),
    nothing,
  ),
  confined('findOneAndDelete foreign', (g, o) => g.model.findOneAndDelete(foreign(g), o), nothing),
  confined('findByIdAndDelete foreign', (g, o) => g.model.findByIdAndDelete(g.b[0]._id, o), nothing),
  confined('deleteOne foreign', (g, o) => g.model.deleteOne(foreign(g), o), deleted(0)),
  confined('deleteMany of all', ({ model }, o) => model.deleteMany({}, o), deleted(2)),
  confined('find.deleteMany', ({ model }, o) => model.find({}, null, o).deleteMany(), deleted(2)),
  refused('replaceOne', (g, o) => g.model.replaceOne(foreign(g), g.fresh(g.tenantB), o)),
  refused('replaceOne of the own row', (g, o) =>
    g.model.replaceOne({ _id: g.a[0]._id }, { ...g.fresh(), _id: g.a[0]._id }, o),
  ),
  refused('findOneAndReplace', (g, o) =>
    g.model.findOneAndReplace({ _id: g.a[0]._id }, { ...g.fresh(g.tenantB), _id: g.a[0]._id }, o),
  ),
  confined(
    'upsert of a new row',
    (g, o) => {
      const { _id, ...rest } = g.fresh();
      return g.model.findOneAndUpdate(
        { _id: _id },
        { $set: rest },
        { ...o, upsert: true, returnDocument: 'after' },
      );
    },
    isOfA,
  ),
  confined(
    'updateOne that upserts',
    async (g, o) => {
      const { _id, ...rest } = g.fresh();
      await g.model.updateOne({ _id: _id }, { $set: rest }, { ...o, upsert: true });
      return g.model.findById(_id);
    },
    isOfA,
  ),
  stopped('upsert at a foreign id', (g, o) =>
    g.model.updateOne(foreign(g), g.change, { ...o, upsert: true }),
  ),
  stopped('findOneAndUpdate that upserts at a foreign id', (g, o) =>
    g.model.findOneAndUpdate(foreign(g), g.change, { ...o, upsert: true }),
  ),
];

/** Updates that would change whose a row is, however they are written. */
const MOVES: Readonly<Record<string, (ground: Ground) => Loose>> = {
  'tenantId itself': ({ tenantB }) => ({ tenantId: tenantB }),
  'tenantId to what it is': ({ tenantA }) => ({ $set: { tenantId: tenantA } }),
  $set: ({ tenantB }) => ({ $set: { tenantId: tenantB } }),
  '$set in hex': ({ tenantB }) => ({ $set: { tenantId: tenantB.toHexString() } }),
  $setOnInsert: ({ tenantB }) => ({ $setOnInsert: { tenantId: tenantB } }),
  $unset: () => ({ $unset: { tenantId: 1 } }),
  '$rename away': g => ({ $rename: { tenantId: fieldOf(g) } }),
  '$rename onto it': g => ({ $rename: { [fieldOf(g)]: 'tenantId' } }),
  $max: ({ tenantB }) => ({ $max: { tenantId: tenantB } }),
  $currentDate: () => ({ $currentDate: { tenantId: true } }),
  'a path in it': () => ({ $set: { 'tenantId.x': 1 } }),
  '$set of a live document': ({ model, b }) => ({ $set: model.hydrate(b[0]) }),
  'a live document': ({ model, b }) => model.hydrate(b[0]),
  'a pipeline with $set': ({ tenantB }) => [{ $set: { tenantId: tenantB } }],
  'a pipeline with $addFields': ({ tenantB }) => [{ $addFields: { tenantId: tenantB } }],
  'a pipeline with $unset': () => [{ $unset: 'tenantId' }],
  'a pipeline with $unset of several': g => [{ $unset: [fieldOf(g), 'tenantId'] }],
  'a pipeline with $replaceWith': ({ b }) => [{ $replaceWith: b[0] }],
  'a pipeline with $replaceRoot': ({ b }) => [{ $replaceRoot: { newRoot: b[0] } }],
  'a pipeline with $project': () => [{ $project: { _id: 1 } }],
};

const SETTERS: Readonly<Record<string, (ground: Ground, update: Loose, options: Loose) => unknown>> = {
  updateOne: ({ model, a }, update, o) => model.updateOne({ _id: a[0]._id }, update, o),
  updateMany: ({ model }, update, o) => model.updateMany({}, update, o),
  findOneAndUpdate: ({ model }, update, o) => model.findOneAndUpdate({}, update, o),
  findByIdAndUpdate: ({ model, a }, update, o) => model.findByIdAndUpdate(a[0]._id, update, o),
  'updateOne that upserts': ({ model }, update, o) => model.updateOne({}, update, { ...o, upsert: true }),
  'updateOne without strictness': ({ model }, update, o) =>
    model.updateOne({}, update, { ...o, strict: false }),
  'find.updateMany': ({ model }, update, o) => model.find({}).updateMany({}, update, o),
  'the updateOne of a document': (g, update, o) => live(g).updateOne(update, o),
};

const MOVING: readonly Case[] = Object.entries(SETTERS).flatMap(([operation, run]) =>
  Object.entries(MOVES).map(([what, update]) =>
    refused(`${operation} that moves a row by ${what}`, (g, o) =>
      run(g, update(g), { ...o, overwriteImmutable: true, updatePipeline: true }),
    ),
  ),
);

/** Everything that changes or removes rows by a filter. */
export const WRITE_CASES: readonly Case[] = [
  ...WRITES,
  ...MOVING,
  refused('query.set of tenantId', (g, o) =>
    (g.model.updateOne({}, {}, { ...o, overwriteImmutable: true }) as Loose).set('tenantId', g.tenantB),
  ),
];
