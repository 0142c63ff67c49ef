import type { Connection } from 'mongoose';
import { collectionDefinitions } from './model-provider.js';

/**
 * Creates every declared collection and index before the first request. Collections come first, since a
 * transaction should not be the one to create them. Safe to run from several processes at once.
 * @throws when a schema declares no tenancy: such a collection would have no wall.
 */
export async function ensureIndexes(connection: Connection): Promise<void> {
  for (const { model, collection, schema } of collectionDefinitions()) {
    const tenancy = schema.get('tenancy' as never) as string | undefined;
    if (!tenancy) throw new Error(`${model} declares no tenancy: use scopedSchema or systemSchema`);
    const compiled = connection.model(model, schema, collection);
    await connection.createCollection(collection).catch((error: unknown) => {
      if ((error as { codeName?: string }).codeName !== 'NamespaceExists') throw error;
    });
    // An index of a large collection takes as long as it takes, unlike everything else that the connection does.
    for (const [fields, options] of compiled.schema.indexes()) {
      await compiled.collection.createIndex(
        fields as never,
        options as never,
        { socketTimeoutMS: 0 } as object,
      );
    }
  }
}
