import { createHash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { mongo, Schema } from 'mongoose';
import { ConflictingIndexError } from '../errors/conflicting-index.error.js';

/** Sends a command to the database. */
export type Command = (command: mongo.Document) => Promise<mongo.Document>;

/** Traits of an index that make it another one. */
const INDEX_TRAITS = [
  'unique',
  'sparse',
  'expireAfterSeconds',
  'partialFilterExpression',
  'collation',
] as const;

/** Error codes of MongoDB. */
const INDEX_NOT_FOUND = 27;
const CONFLICTS: readonly unknown[] = [85, 86];
const DUPLICATE_KEY = 11_000;

interface Index extends Readonly<Record<string, unknown>> {
  readonly key: Readonly<Record<string, unknown>>;
  readonly name: string;
}

const logger = new Logger('Indexes');

/**
 * Makes the indexes of a collection that are missing, and replaces those whose options are others in this version. The
 * new one is made first wherever MongoDB lets both be, so that a unique index guards all the time. Indexes that no schema
 * declares stay as they are. Safe to run from several processes at once.
 * @param isNewest is asked where an index is to be replaced; false: a newer version has been here, and what it has changed
 * is left alone.
 * @throws ConflictingIndexError when rows, or an index that is not ours, stand against it.
 */
export async function prepareIndexes(
  run: Command,
  collection: string,
  schema: Schema,
  isNewest: () => Promise<boolean>,
): Promise<void> {
  const present = await presentIndexes(run, collection);
  const declared = schema.indexes().map(([key, options]): Index => ({
    ...traitsOf(options),
    key,
    name: nameOf(key),
  }));
  const missing = declared.filter(index => !present.some(other => identityOf(other) === identityOf(index)));
  const rivalsOf = (index: Index) =>
    present.filter(other => isSameKey(index, other) || index.name === other.name);
  const plain = missing.filter(index => rivalsOf(index).length === 0);
  if (plain.length > 0) await create(run, collection, plain);
  for (const index of missing.filter(each => !plain.includes(each))) {
    const rivals = rivalsOf(index);
    const what = `The index ${index.name} of ${collection} has other options`;
    if (await isNewest()) {
      logger.log(
        `${what} in this version, and takes the place of ${rivals.map(({ name }) => name).join(', ')}`,
      );
      await replace(run, collection, index, rivals);
    } else logger.warn(`${what} than this version declares: a newer version has changed it`);
  }
}

async function presentIndexes(run: Command, collection: string): Promise<Index[]> {
  const { cursor } = await run({ listIndexes: collection, cursor: { batchSize: 1000 } });
  return (cursor as { firstBatch: Index[] }).firstBatch;
}

async function replace(
  run: Command,
  collection: string,
  index: Index,
  rivals: readonly Index[],
): Promise<void> {
  const [rival] = rivals;
  if (rival && rivals.length === 1 && differInLifetimeAlone(index, rival)) {
    const { key: keyPattern, expireAfterSeconds } = index;
    await run({ collMod: collection, index: { keyPattern, expireAfterSeconds } });
    return;
  }
  // What has the same name and another key is not ours, and disturbs no more once ours has a name of its own.
  const replaced = rivals.filter(other => isSameKey(index, other) && isOurs(index, other));
  const digest = createHash('sha256').update(identityOf(index)).digest('hex').slice(0, 8);
  try {
    await create(run, collection, [{ ...index, name: `${index.name}_${digest}` }]);
  } catch (error) {
    if (!CONFLICTS.includes((error as mongo.MongoServerError).code)) throw error;
    await replaceInPlace(run, collection, index, replaced, error);
    return;
  }
  for (const { name } of replaced) await drop(run, collection, name);
}

/** Where MongoDB does not let both be: the old one goes first, and comes back if the new one cannot be made. */
async function replaceInPlace(
  run: Command,
  collection: string,
  index: Index,
  replaced: readonly Index[],
  cause: unknown,
): Promise<void> {
  if (replaced.length === 0) {
    const reason =
      'another index with the same fields, which is not ours, stands there; drop it, and start again';
    throw new ConflictingIndexError(collection, index.name, reason, { cause });
  }
  for (const { name } of replaced) await drop(run, collection, name);
  try {
    await create(run, collection, [index]);
  } catch (error) {
    const before = replaced.map(({ key, name, ...options }) => ({ ...traitsOf(options), key, name }));
    await run({ createIndexes: collection, indexes: before }).catch(() => undefined);
    throw error;
  }
}

async function create(run: Command, collection: string, indexes: readonly Index[]): Promise<void> {
  try {
    await run({ createIndexes: collection, indexes });
  } catch (error) {
    if ((error as mongo.MongoServerError).code !== DUPLICATE_KEY) throw error;
    // By the name that the schema gives it, without what tells it from the one before.
    const names = indexes.filter(({ unique }) => unique === true).map(({ key }) => nameOf(key));
    const reason = 'it is unique, and there are rows with the same values; make them differ, and start again';
    throw new ConflictingIndexError(collection, names.join(', '), reason, { cause: error });
  }
}

async function drop(run: Command, collection: string, name: string): Promise<void> {
  await run({ dropIndexes: collection, index: name }).catch((error: unknown) => {
    // Another process was faster.
    if ((error as mongo.MongoServerError).code !== INDEX_NOT_FOUND) throw error;
  });
}

const nameOf = (key: object): string => Object.entries(key).flat().join('_');

const isSameKey = (one: Index, other: Index): boolean =>
  JSON.stringify(one.key) === JSON.stringify(other.key);

/** Whether an index has a name that this version, or another one, has given it. */
const isOurs = ({ name }: Index, other: Index): boolean =>
  other.name === name ||
  (other.name.startsWith(name) && /^_[0-9a-f]{8}$/.test(other.name.slice(name.length)));

const differInLifetimeAlone = (one: Index, other: Index): boolean =>
  typeof one['expireAfterSeconds'] === 'number' &&
  typeof other['expireAfterSeconds'] === 'number' &&
  identityOf({ ...one, expireAfterSeconds: 0 }) === identityOf({ ...other, expireAfterSeconds: 0 });

const traitsOf = (options: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(options).filter(([name]) => (INDEX_TRAITS as readonly string[]).includes(name)),
  );

const identityOf = (index: Index): string =>
  JSON.stringify([index.key, ...INDEX_TRAITS.map(trait => index[trait] ?? null)]);
