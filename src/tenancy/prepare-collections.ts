import type { Connection, mongo, Schema } from 'mongoose';
import { collectionDefinitions, modelOn } from '../mongo/model-provider.js';
import { UnpreparedDatabaseError } from '../errors/unprepared-database.error.js';
import { commentOf, scopeStore } from './scope-store.js';

/** Refused by the database itself, whoever writes and by whatever door: a tenant's document without a tenant. */
export const TENANT_VALIDATOR = {
  $jsonSchema: {
    bsonType: 'object',
    required: ['tenantId'],
    properties: { tenantId: { bsonType: 'objectId' } },
  },
};

/** Traits of an index that make it another one. */
const INDEX_TRAITS = [
  'unique',
  'sparse',
  'expireAfterSeconds',
  'partialFilterExpression',
  'collation',
] as const;

type Command = (command: mongo.Document) => Promise<mongo.Document>;
type Index = Readonly<Record<string, unknown>> & { readonly key: Readonly<Record<string, unknown>> };

/**
 * Creates every declared collection, its validator and its indexes before the first request; collections come first,
 * since a transaction should not be the one to create them. What is there already is left alone, so that a database
 * user without the right to change collections can start a server on a database that is prepared. Safe to run from
 * several processes at once.
 * @throws UnpreparedDatabaseError when something is missing and the database's user may not add it.
 * @throws Error when a schema declares no tenancy: such a collection would have no wall.
 */
export async function prepareCollections(connection: Connection): Promise<void> {
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
    for (const { collection, schema } of collectionDefinitions()) {
      await prepareCollection(run, collection, tenancyOf(schema) === 'scoped', present.get(collection));
      await prepareIndexes(run, collection, schema);
    }
  });
}

const tenancyOf = (schema: Schema): unknown => schema.get('tenancy' as never);

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

async function prepareIndexes(run: Command, collection: string, schema: Schema): Promise<void> {
  const { cursor } = await run({ listIndexes: collection, cursor: { batchSize: 1000 } });
  const present = new Set((cursor as { firstBatch: Index[] }).firstBatch.map(identityOf));
  const missing = schema
    .indexes()
    .map(([key, options]): Index => ({
      ...traitsOf(options),
      key,
      name: Object.entries(key).flat().join('_'),
    }))
    .filter(index => !present.has(identityOf(index)));
  if (missing.length > 0) await run({ createIndexes: collection, indexes: missing });
}

const traitsOf = (options: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(options).filter(([name]) => (INDEX_TRAITS as readonly string[]).includes(name)),
  );

const identityOf = (index: Index): string =>
  JSON.stringify([index.key, ...INDEX_TRAITS.map(trait => index[trait] ?? null)]);

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
