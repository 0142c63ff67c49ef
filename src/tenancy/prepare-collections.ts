import type { Connection, mongo, Schema } from 'mongoose';
import { collectionDefinitions, modelOn } from '../mongo/model-provider.js';
import { UnpreparedDatabaseError } from '../errors/unprepared-database.error.js';
import { type Command, prepareIndexes } from './prepare-indexes.js';
import { commentOf, scopeStore } from './scope-store.js';

/** The row among the migrations that is none. */
const LOCK_NAME = 'lock';

/** Refused by the database itself, whoever writes and by whatever door: a tenant's document without a tenant. */
export const TENANT_VALIDATOR = {
  $jsonSchema: {
    bsonType: 'object',
    required: ['tenantId'],
    properties: { tenantId: { bsonType: 'objectId' } },
  },
};

/**
 * Creates every declared collection, its validator and its indexes before the first request; collections come first,
 * since a transaction should not be the one to create them. What is there already is left alone, so that a database
 * user without the right to change collections can start a server on a database that is prepared. Safe to run from
 * several processes at once.
 * @param knownMigrations those of this version: an index that a newer version has changed is left alone.
 * @throws ConflictingIndexError when an index cannot be changed into what this version needs.
 * @throws UnpreparedDatabaseError when something is missing and the database's user may not add it.
 * @throws Error when a schema declares no tenancy: such a collection would have no wall.
 */
export async function prepareCollections(
  connection: Connection,
  knownMigrations: readonly string[],
): Promise<void> {
  const comment = commentOf('schema.prepare');
  // An index of a large collection takes as long as it takes, unlike everything else that the connection does.
  const run: Command = async command => {
    try {
      const options = { socketTimeoutMS: 0 } as mongo.RunCommandOptions;
      return (await connection.db?.command({ ...command, comment }, options)) ?? {};
    } catch (error) {
      if ((error as { codeName?: string }).codeName !== 'Unauthorized') throw error;
      throw new UnpreparedDatabaseError(Object.entries(command)[0]?.join(' ') ?? '', { cause: error });
    }
  };
  for (const definition of collectionDefinitions()) {
    const { model, schema } = definition;
    if (!tenancyOf(schema)) throw new Error(`${model} declares no tenancy: use scopedSchema or systemSchema`);
    modelOn(connection, definition);
  }
  await scopeStore.runAsSystem('schema.prepare', async () => {
    const present = await presentValidators(run);
    const isNewest = () => isOfNewestVersion(run, knownMigrations);
    for (const { collection, schema } of collectionDefinitions()) {
      await prepareCollection(run, collection, tenancyOf(schema) === 'scoped', present.get(collection));
      await prepareIndexes(run, collection, schema, isNewest);
    }
  });
}

const tenancyOf = (schema: Schema): unknown => schema.get('tenancy' as never);

/**
 * Whether no newer version has changed this database: it would have had migrations that are not known here. A user who may
 * not read, as one who only prepares, prepares for the version that was called.
 */
async function isOfNewestVersion(run: Command, known: readonly string[]): Promise<boolean> {
  const filter = { name: { $nin: [...known, LOCK_NAME] } };
  try {
    const { cursor } = await run({ find: 'migrations', filter, limit: 1 });
    return (cursor as { firstBatch: unknown[] }).firstBatch.length === 0;
  } catch (error) {
    if (error instanceof UnpreparedDatabaseError) return true;
    throw error;
  }
}

/** The collections that are there, each with its validator. */
async function presentValidators(run: Command): Promise<Map<string, unknown>> {
  const { cursor } = await run({ listCollections: 1, cursor: { batchSize: 10_000 } });
  const { firstBatch } = cursor as { firstBatch: { name: string; options: { validator?: unknown } }[] };
  return new Map(firstBatch.map(({ name, options }) => [name, options.validator ?? null]));
}

async function prepareCollection(
  run: Command,
  collection: string,
  isScoped: boolean,
  present: unknown,
): Promise<void> {
  const rules = isScoped
    ? { validator: TENANT_VALIDATOR, validationLevel: 'strict', validationAction: 'error' }
    : {};
  if (present === undefined) {
    await run({ create: collection, ...rules }).catch((error: unknown) => {
      // Another process was faster, and creates it in the same way.
      if ((error as { codeName?: string }).codeName !== 'NamespaceExists') throw error;
    });
  } else if (isScoped && !isSame(present, TENANT_VALIDATOR)) {
    await run({ collMod: collection, ...rules });
  }
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
