import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/embedded/engines/local-port.js';
import { Balancer } from '../fault/ground/balancer.js';
import { Child } from '../fault/ground/child.js';
import { compiledServer } from '../fault/ground/compiled.js';
import { Server } from '../fault/ground/server.js';
import { startEphemeralEngines } from '../kit/ephemeral-engines.js';
import { loadFaults } from './faults.js';
import type { LoadOptions } from './options.js';

/** Everything that a run works on: real engines, the compiled servers, and the simulator as a process of its own. */
export interface Ground {
  readonly folder: string;
  /** Where clients and the provider reach the servers. */
  readonly url: string;
  readonly mongodbUri: string;
  readonly simulatorUrl: string;
  stop(keepLogs: boolean): Promise<void>;
}

/** Starts everything. What was started is ended when something fails. */
export async function startGround(options: LoadOptions, onCrash: (what: string) => void): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'voho-load-'));
  const stops: (() => unknown)[] = [];
  const end = async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    return await assemble(options, onCrash, folder, stops, end);
  } catch (error) {
    await end();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function assemble(
  { servers, atOnce, tenants, seed }: LoadOptions,
  onCrash: (what: string) => void,
  folder: string,
  stops: (() => unknown)[],
  end: () => Promise<void>,
): Promise<Ground> {
  const program = await compiledServer(folder);
  const engines = await startEphemeralEngines({ dataDir: join(folder, 'engines') });
  stops.push(() => engines.stop());
  const mongodbUri = named(engines.mongodbUri);

  const simulatorPort = await freePort();
  const faultsFile = join(folder, 'faults.json');
  await writeFile(faultsFile, JSON.stringify(loadFaults(), null, 2));
  const simulator = new Child({
    program: process.execPath,
    parameters: [
      ...[join(program, 'simulator/main.js'), '--port', String(simulatorPort), '--seed', String(seed)],
      ...['--faults', faultsFile, '--script', new URL('conversations.yaml', import.meta.url).pathname],
    ],
    env: { PATH: process.env['PATH'] },
    logFile: join(folder, 'simulator.log'),
  });
  stops.push(() => simulator.kill());
  await simulator.untilWritten('Simulator listening');
  const simulatorUrl = `http://127.0.0.1:${simulatorPort}`;

  const ports: number[] = [];
  for (let index = 0; index < servers; index += 1) ports.push(await freePort());
  const balancer = await Balancer.before(ports);
  stops.push(() => balancer.close());
  const url = `http://127.0.0.1:${balancer.port}`;
  await mkdir(join(folder, 'data'));
  const env = {
    PATH: process.env['PATH'],
    NODE_ENV: 'development',
    MONTHLY_CALL_MINUTES: 'none',
    INVITATIONS_PER_DAY: '1000000',
    LOG_LEVEL: 'error',
    HOST: '127.0.0.1',
    PUBLIC_URL: url,
    DATA_DIR: join(folder, 'data'),
    MONGODB_URI: mongodbUri,
    REDIS_URL: named(engines.redisUrl),
    SIMULATOR_URL: simulatorUrl,
    VIRTUAL_TIME: 'true',
    // Nothing that a run does may reach the real provider.
    ULTRAVOX_BASE_URL: 'http://127.0.0.1:9',
    JWT_SECRET: randomBytes(32).toString('hex'),
    MASTER_KEY: randomBytes(32).toString('hex'),
    ACCESS_TOKEN_TTL: '1d',
    REQUESTS_PER_MINUTE: '1000000',
    // Little more than each tenant's part: so some calls wait in the line.
    MAX_CONCURRENT_CALLS: String(Math.ceil(atOnce / tenants) + 1),
    PROVIDER_CREATIONS_PER_SECOND: '100',
  };
  const running = ports.map(
    (port, index) =>
      new Server({
        name: `server-${index}`,
        port,
        program: join(program, 'main.js'),
        logFile: join(folder, `server-${index}.log`),
        env,
        onCrash: (name, { code, signal }, written) => {
          onCrash(`${name} ended with ${code ?? signal ?? 'nothing'}: ${written}`);
        },
      }),
  );
  stops.push(() => Promise.all(running.map(server => server.stop())));
  await Promise.all(running.map(server => server.untilReady()));
  return {
    folder,
    url,
    mongodbUri,
    simulatorUrl,
    stop: async keepLogs => {
      await end();
      if (!keepLogs) await rm(folder, { recursive: true, force: true });
    },
  };
}

function named(address: string | undefined): string {
  if (address === undefined) throw new Error('An engine started without an address');
  return address;
}
