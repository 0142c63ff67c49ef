import { randomBytes } from 'node:crypto';

/** The addresses of this run's engines, with a database of the caller's own, so that spec files never meet. */
export function testEngines(): { mongodbUri: string; redisUrl: string; database: string } {
  const { TEST_MONGODB_URI: mongodb, TEST_REDIS_URL: redis } = process.env;
  if (!mongodb || !redis)
    throw new Error('The engines of the test run are not there: the global set-up starts them');
  const database = `voho_${randomBytes(6).toString('hex')}`;
  const uri = new URL(mongodb);
  uri.pathname = `/${database}`;
  return { mongodbUri: uri.toString(), redisUrl: redis, database };
}
