import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engines } from '../../src/embedded/engines/start-engines.js';
import { startEphemeralEngines } from './ephemeral-engines.js';

/** The engines of this run; the teardown ends them. */
export const run: { engines: Engines | null } = { engines: null };

/** Starts one real MongoDB and one real Valkey for the whole run, by the same ladder as `npm start`. */
export default async function setUp(): Promise<void> {
  const given = { mongodb: process.env['TEST_MONGODB_URI'], redis: process.env['TEST_REDIS_URL'] };
  run.engines = await startEphemeralEngines({
    dataDir: await mkdtemp(join(tmpdir(), 'voho-test-')),
    mongodb: given.mongodb === undefined,
    redis: given.redis === undefined,
    onProgress: line => process.stdout.write(`${line}\n`),
  });
  process.env['TEST_MONGODB_URI'] = given.mongodb ?? run.engines.mongodbUri;
  process.env['TEST_REDIS_URL'] = given.redis ?? run.engines.redisUrl;
  process.env['TEST_LOG_DIR'] = await mkdtemp(join(tmpdir(), 'voho-test-logs-'));
}
