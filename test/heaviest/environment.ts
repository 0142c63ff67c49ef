import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/embedded/engines/local-port.js';
import { startSimulator } from '../../src/simulator/start-simulator.js';
import { compiledServer } from '../fault/ground/compiled.js';
import { Server } from '../fault/ground/server.js';
import { startEphemeralEngines } from '../kit/ephemeral-engines.js';

const PROBE = new URL('probe.mjs', import.meta.url).href;

/** A server in production, on engines of its own, with a probe in its process. */
export interface Environment {
  readonly url: string;
  readonly probeUrl: string;
  readonly mongodbUri: string;
  readonly folder: string;
  stop(keepLogs: boolean): Promise<void>;
}

/** Budgets per minute and numbers of sign-ups are no part of what is tried here: it is about single operations. */
const WITHOUT_BUDGETS = {
  REQUESTS_PER_MINUTE: '1000000',
  SIGN_UPS_PER_HOUR: '1000000',
  SIGN_UPS: 'open',
  WRONG_PASSWORDS_PER_ACCOUNT: '1000',
  WRONG_PASSWORDS_PER_ADDRESS: '1000000',
  MAX_CONCURRENT_CALLS: '1000',
  MONTHLY_CALL_MINUTES: 'none',
  INVITATIONS_PER_DAY: '1000000',
  WEBHOOK_ALLOWED_ADDRESSES: '127.0.0.1',
  PROVIDER_CREATIONS_PER_SECOND: '1000',
};

/** Starts everything. What was started is ended when something fails. */
export async function startEnvironment(onCrash: (what: string) => void): Promise<Environment> {
  const folder = await mkdtemp(join(tmpdir(), 'voho-heaviest-'));
  const stops: (() => unknown)[] = [];
  const stop = async (keepLogs: boolean) => {
    for (const end of stops.splice(0).reverse()) await end();
    if (!keepLogs) await rm(folder, { recursive: true, force: true });
  };
  try {
    const program = await compiledServer(folder);
    const engines = await startEphemeralEngines({ dataDir: join(folder, 'engines') });
    stops.push(() => engines.stop());
    const { mongodbUri } = engines;
    if (mongodbUri === undefined) throw new Error('There is no database');
    const simulator = await startSimulator({ speed: 100 });
    stops.push(() => simulator.stop());
    await mkdir(join(folder, 'data'));
    const probePort = await freePort();
    const server = new Server({
      name: 'server',
      port: await freePort(),
      program: join(program, 'main.js'),
      logFile: join(folder, 'server.log'),
      env: {
        ...WITHOUT_BUDGETS,
        PATH: process.env['PATH'] ?? '',
        NODE_ENV: 'production',
        NODE_OPTIONS: `--import ${PROBE}`,
        PROBE_PORT: String(probePort),
        LOG_LEVEL: 'error',
        HOST: '127.0.0.1',
        PUBLIC_URL: 'https://voho.example',
        BASE_DOMAIN: 'voho.example',
        DATA_DIR: join(folder, 'data'),
        MONGODB_URI: mongodbUri,
        REDIS_URL: engines.redisUrl,
        SIMULATOR_URL: simulator.url,
        // Nothing that a run does may leave the machine.
        ULTRAVOX_BASE_URL: 'https://127.0.0.1:9',
        JWT_SECRET: randomBytes(32).toString('hex'),
        MASTER_KEY: randomBytes(32).toString('hex'),
        ACCESS_TOKEN_TTL: '1d',
      },
      onCrash: (name, { code, signal }, written) => {
        onCrash(`${name} ended with ${code ?? signal ?? 'nothing'}: ${written}`);
      },
    });
    stops.push(() => server.stop());
    await server.untilReady();
    return {
      url: server.url,
      probeUrl: `http://127.0.0.1:${probePort}`,
      mongodbUri,
      folder,
      stop,
    };
  } catch (error) {
    await stop(false);
    throw error;
  }
}
