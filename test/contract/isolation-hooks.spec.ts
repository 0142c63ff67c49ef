import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose, { Schema } from 'mongoose';
import { unskippable } from '../../src/tenancy/plugin/hook.js';
import { faultOf } from './isolation/case.js';
import { CASES } from './isolation/cases.js';
import { type Declared, SCOPED } from './isolation/definitions.js';
import { type Database, type Ground, groundOf, NO_GUARD, openDatabase } from './isolation/ground.js';

/** Everything that Mongoose lets a schema hook into; it exports this list to its own files only. */
const HOOKABLE = Object.values(
  createRequire(import.meta.url)('mongoose/lib/constants.js') as Record<string, readonly string[]>,
).flat();

/** What runs no command of its own. */
const HARMLESS_HOOKS = ['createCollection', 'init', 'remove'];

interface Hook {
  readonly fn: object;
}
interface Hooks {
  readonly _pres: Map<string, Hook[]>;
}

const BUILT_IN = Symbol.for('mongoose:built-in-middleware');
const hooksOf = (schema: Schema): Hooks => (schema as unknown as { s: { hooks: Hooks } }).s.hooks;
const isOurs = ({ fn }: Hook) => BUILT_IN in fn;

/** Our hooks: those that a bare schema does not have. */
function ownHooks(schema: Schema): { operation: string; index: number }[] {
  const bare = hooksOf(new Schema({}));
  return [...hooksOf(schema)._pres].flatMap(([operation, hooks]) =>
    hooks.flatMap((hook, index) =>
      isOurs(hook) && !bare._pres.get(operation)?.some(({ fn }) => fn === hook.fn)
        ? [{ operation, index }]
        : [],
    ),
  );
}

/** Statics of a model that the matrix tries. */
const TRIED =
  'exists createCollection syncIndexes createSearchIndex updateSearchIndex dropSearchIndex listSearchIndexes ' +
  'diffIndexes cleanIndexes deleteOne deleteMany find findAndCount findById findOne estimatedDocumentCount countDocuments distinct ' +
  'where findOneAndUpdate findByIdAndUpdate findOneAndDelete findByIdAndDelete findOneAndReplace create insertOne watch ' +
  'insertMany bulkWrite bulkSave hydrate updateMany updateOne replaceOne aggregate populate';

/** Statics that send nothing, tell of indexes alone, or make another model, whose hooks are the same. */
const HARMLESS =
  'useConnection discriminator init listIndexes ensureIndexes createIndexes createSearchIndexes ' +
  'translateAliases $where startSession applyDefaults applyVirtuals applyTimestamps castObject buildBulkWriteOperations ' +
  'validate compile clientEncryption $__updateConnection __subclass recompileSchema inspect namespace ' +
  '_applyQueryMiddleware';

describe('The tenant hooks', () => {
  const [subject] = SCOPED as readonly [Declared];
  let database: Database;

  beforeAll(async () => {
    database = await openDatabase(NO_GUARD);
  });
  afterAll(async () => {
    await database.close();
  });

  /** The first case that goes red for a schema; null when none notices. */
  async function firstFault(schema: Schema): Promise<string | null> {
    const name = `Mutant${new mongoose.Types.ObjectId().toHexString()}`;
    const ground = await groundOf(database, { model: name, collection: name, schema });
    try {
      for (const candidate of CASES) {
        if (await faultOf(ground, candidate, { middleware: false })) return candidate.name;
      }
      return null;
    } finally {
      database.connection.deleteModel(name);
    }
  }

  it('leave no case red while all of them are there', async () => {
    expect(await firstFault(subject.schema.clone())).toBeNull();
  });

  it('leave a case red that goes past them', async () => {
    const ground = await groundOf(database, {
      model: 'Past',
      collection: 'past',
      schema: subject.schema.clone(),
    });
    const raw = {
      name: 'a raw read',
      outcome: 'confined',
      run: ({ model }: Ground) => model.collection.find({}).toArray(),
    } as const;
    expect(await faultOf(ground, raw, {})).toContain('it shows rows of tenant B');
  });

  it.each(ownHooks(subject.schema))(
    'are missed when the one of $operation ($index) is taken away',
    async hook => {
      const mutant = subject.schema.clone();
      const { _pres } = hooksOf(mutant);
      _pres.set(
        hook.operation,
        _pres.get(hook.operation)?.filter((_hook, index) => index !== hook.index) ?? [],
      );
      expect(await firstFault(mutant)).not.toBeNull();
    },
  );

  it.each(Object.keys(subject.schema.statics))('are missed when the static %s is open again', async name => {
    const mutant = subject.schema.clone();
    mutant.statics = Object.fromEntries(Object.entries(mutant.statics).filter(([key]) => key !== name));
    expect(await firstFault(mutant)).not.toBeNull();
  });

  it('are found at every operation that Mongoose has hooks for', () => {
    const operations = new Set(ownHooks(subject.schema).map(({ operation }) => operation));
    expect(HOOKABLE.filter(name => !operations.has(name) && !HARMLESS_HOOKS.includes(name))).toEqual([]);
  });

  it('leave no static of a model unconsidered', () => {
    const known = new Set([
      ...TRIED.split(' '),
      ...HARMLESS.split(' '),
      ...Object.keys(EventEmitter.prototype),
    ]);
    const statics = Object.getOwnPropertyNames(mongoose.Model).filter(
      name => typeof (mongoose.Model as unknown as Record<string, unknown>)[name] === 'function',
    );
    expect(statics.filter(name => !known.has(name))).toEqual([]);
  });

  it.each([{ middleware: false }, { middleware: { pre: false } }])(
    'are skipped by Mongoose under %j without its built-in mark, and never with it',
    async options => {
      const heard: string[] = [];
      const schema = new Schema<{ name: string }>({ name: String }, { autoIndex: false, autoCreate: false });
      for (const operation of [
        'find',
        'updateMany',
        'deleteMany',
        'aggregate',
        'insertMany',
        'bulkWrite',
        'save',
      ] as const) {
        schema.pre(operation as 'find', () => void heard.push(`plain ${operation}`));
        schema.pre(
          operation as 'find',
          unskippable(() => void heard.push(`marked ${operation}`)),
        );
      }
      const name = `Marked${new mongoose.Types.ObjectId().toHexString()}`;
      const model = database.connection.model(name, schema, name);
      await model.find({}, null, options);
      await model.updateMany({}, { name: 'x' }, options);
      await model.deleteMany({}, options);
      await model.aggregate([{ $match: {} }]).option(options);
      await model.insertMany([{ name: 'x' }], options);
      await model.bulkWrite([{ deleteMany: { filter: {} } }], options as object);
      await new model({ name: 'x' }).save(options);
      expect(heard).toEqual([
        'marked find',
        'marked updateMany',
        'marked deleteMany',
        'marked aggregate',
        'marked insertMany',
        'marked bulkWrite',
        'marked save',
      ]);
    },
  );
});
