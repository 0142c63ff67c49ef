import type { Env } from '../config/env.js';
import type { Settings } from '../config/settings.js';
import { runningEngines } from '../embedded/engines/start-engines.js';
import { embeddedSecrets } from '../embedded/secrets.js';
import { OperatorError } from './operator-error.js';

/**
 * The settings of the server that the operator means: those of the environment, else the engines that a running
 * server has started in DATA_DIR. Starts nothing itself.
 * @throws OperatorError when there is no database or Redis to be found.
 */
export async function operatorSettings(env: Env): Promise<Settings> {
  const { DATA_DIR } = env;
  const isComplete = env.MONGODB_URI !== undefined && env.REDIS_URL !== undefined;
  const engines = isComplete ? null : await runningEngines(DATA_DIR);
  const MONGODB_URI = env.MONGODB_URI ?? engines?.mongodbUri;
  const REDIS_URL = env.REDIS_URL ?? engines?.redisUrl;
  if (MONGODB_URI === undefined) {
    throw new OperatorError(
      `No server runs its database in ${DATA_DIR}: start the server first, or set MONGODB_URI (and DATA_DIR, if it is elsewhere).`,
    );
  }
  if (REDIS_URL === undefined) {
    throw new OperatorError(`No server runs Redis in ${DATA_DIR}: start the server first, or set REDIS_URL.`);
  }
  const { JWT_SECRET, MASTER_KEY } = env;
  const secrets =
    JWT_SECRET !== undefined && MASTER_KEY !== undefined
      ? { JWT_SECRET, MASTER_KEY }
      : {
          ...(await embeddedSecrets(DATA_DIR)),
          ...(JWT_SECRET && { JWT_SECRET }),
          ...(MASTER_KEY && { MASTER_KEY }),
        };
  const PUBLIC_URL = env.PUBLIC_URL ?? `http://${env.HOST}:${env.PORT}`;
  return Object.freeze({ ...env, ...secrets, MONGODB_URI, REDIS_URL, PUBLIC_URL, demo: null });
}
