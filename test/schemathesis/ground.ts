import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/embedded/engines/local-port.js';
import { startSimulator } from '../../src/simulator/start-simulator.js';
import { compiledServer } from '../fault/ground/compiled.js';
import { Server } from '../fault/ground/server.js';
import { startEphemeralEngines } from '../kit/ephemeral-engines.js';

/** A server on engines of its own, started again whatever ends it. */
export interface Ground {
  readonly url: string;
  /** Has the server's log, which stays if it is kept, and goes with everything else if not. */
  readonly folder: string;
  stop(keepLogs: boolean): Promise<void>;
}

/** Limits that are no part of what is tried here: cases shall reach what is behind them. */
const WITHOUT_LIMITS = {
  REQUESTS_PER_MINUTE: '1000000',
  SIGN_UPS_PER_HOUR: '1000000',
  WRONG_PASSWORDS_PER_ACCOUNT: '1000',
  WRONG_PASSWORDS_PER_ADDRESS: '1000000',
  MAX_CONCURRENT_CALLS: '1000',
  PROVIDER_CREATIONS_PER_SECOND: '1000',
};

/** Starts everything. What was started is ended when something fails. */
export async function startGround(onCrash: (what: string) => void): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'voho-schemathesis-'));
  const stops: (() => unknown)[] = [];
  const stop = async (keepLogs: boolean) => {
    for (const end of stops.splice(0).reverse()) await end();
    if (!keepLogs) await rm(folder, { recursive: true, force: true });
  };
  try {
    const program = await compiledServer(folder);
    const engines = await startEphemeralEngines({ dataDir: join(folder, 'engines') });
    stops.push(() => engines.stop());
    const simulator = await startSimulator();
    stops.push(() => simulator.stop());
    await mkdir(join(folder, 'data'));
    const server = new Server({
      name: 'server',
      port: await freePort(),
      program: join(program, 'main.js'),
      logFile: join(folder, 'server.log'),
      env: {
        ...WITHOUT_LIMITS,
        PATH: process.env['PATH'],
        NODE_ENV: 'development',
        MONTHLY_CALL_MINUTES: 'none',
        INVITATIONS_PER_DAY: '1000000',
        LOG_LEVEL: 'error',
        HOST: '127.0.0.1',
        DATA_DIR: join(folder, 'data'),
        MONGODB_URI: engines.mongodbUri,
        REDIS_URL: engines.redisUrl,
        SIMULATOR_URL: simulator.url,
        // Nothing that a run does may leave the machine.
        ULTRAVOX_BASE_URL: 'http://127.0.0.1:9',
        WEBHOOK_ALLOWED_ADDRESSES: '127.0.0.1',
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
    return { url: server.url, folder, stop };
  } catch (error) {
    await stop(false);
    throw error;
  }
}
