import type { INestApplicationContext } from '@nestjs/common';
import { MasterKeyCheck } from './data-keys/master-key-check.js';
import { MIGRATION_NAMES } from './migrations/migration.js';
import { MONGO_CONNECTION } from './mongo/mongo.tokens.js';
import { RedisClients } from './redis/redis-clients.js';
import { prepareCollections } from './tenancy/prepare-collections.js';

/**
 * What must hold of the stores before a server begins with anything: a supported Redis, a prepared database, and the
 * master key that the database is encrypted with.
 * @throws InvalidEnvironmentError or UnpreparedDatabaseError, in sentences for the operator.
 */
export async function checkStores(app: INestApplicationContext): Promise<void> {
  await app.get(RedisClients).assertSupported();
  await prepareCollections(app.get(MONGO_CONNECTION), MIGRATION_NAMES);
  await app.get(MasterKeyCheck).verifyAndRecord();
}
