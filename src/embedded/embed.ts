import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Env } from '../config/env.js';
import type { DemoSignIn, Settings } from '../config/settings.js';
import { startSimulator } from '../simulator/start-simulator.js';
import { startEngines } from './engines/start-engines.js';
import { simulatorPort } from './simulator-port.js';
import { embeddedSecrets } from './secrets.js';

/** What a server runs on, and how to end the part of it that was started here. */
export interface Ground {
  readonly settings: Settings;
  stop(): Promise<void>;
}

/** The demo tenant's admin. */
export const DEMO: DemoSignIn = {
  subdomain: 'acme',
  email: 'admin@acme.example',
  password: 'voho-demo-password',
};

/**
 * Makes the environment whole: whatever it does not name is started here, each engine by itself. In production
 * nothing is, since the environment names everything then.
 * @throws EngineUnavailableError when an engine cannot be had.
 */
export async function embed(env: Env, onProgress: (line: string) => void): Promise<Ground> {
  const engines = await startEngines({
    dataDir: env.DATA_DIR,
    mongodb: env.MONGODB_URI === undefined,
    redis: env.REDIS_URL === undefined,
    cacheDir: join(env.XDG_CACHE_HOME ?? join(env.HOME ?? homedir(), '.cache'), 'voho'),
    mongodBinary: env.MONGOMS_SYSTEM_BINARY,
    onProgress,
  });
  try {
    const secrets = env.JWT_SECRET && env.MASTER_KEY ? null : await embeddedSecrets(env.DATA_DIR);
    // Beside a real provider too: sandbox tenants need it.
    const needsSimulator = !env.isProduction && !env.SIMULATOR_URL;
    const simulator = needsSimulator
      ? await startSimulator({
          port: await simulatorPort(env.DATA_DIR),
          stateDir: join(env.DATA_DIR, 'simulator'),
        })
      : null;
    const host = ['0.0.0.0', '::'].includes(env.HOST) ? '127.0.0.1' : env.HOST;
    return {
      settings: Object.freeze({
        ...env,
        MONGODB_URI: env.MONGODB_URI ?? required(engines.mongodbUri),
        REDIS_URL: env.REDIS_URL ?? required(engines.redisUrl),
        JWT_SECRET: env.JWT_SECRET ?? required(secrets?.JWT_SECRET),
        MASTER_KEY: env.MASTER_KEY ?? required(secrets?.MASTER_KEY),
        PUBLIC_URL: env.PUBLIC_URL ?? `http://${host}:${env.PORT}`,
        SIMULATOR_URL: env.SIMULATOR_URL ?? simulator?.url,
        demo: env.MONGODB_URI === undefined ? DEMO : null,
      }),
      async stop() {
        await simulator?.stop();
        await engines.stop();
      },
    };
  } catch (error) {
    await engines.stop();
    throw error;
  }
}

function required(value: string | undefined): string {
  if (value === undefined) throw new Error('An engine started without an address');
  return value;
}
