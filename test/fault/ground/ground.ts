import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inheritedEnvironment } from '../../../src/embedded/engines/child-environment.js';
import { findMongod } from '../../../src/embedded/engines/find-mongod.js';
import { freePort } from '../../../src/embedded/engines/local-port.js';
import { StepTicker } from '../../../src/embedded/engines/step-ticker.js';
import { CACHE_DIR } from '../../kit/ephemeral-engines.js';
import { Valkey } from '../../kit/valkey.js';
import { Balancer } from './balancer.js';
import { Child } from './child.js';
import { compiledServer, patchCompiled } from './compiled.js';
import { ReplicaSet } from './replica-set.js';
import { Server } from './server.js';
import { TcpProxy } from './tcp-proxy.js';
import { type Weakening, WEAKENING_PATCHES } from './weakenings.js';

/** How much faster than life calls go. */
export const SIMULATOR_SPEED = 3;
const SERVERS = 3;

/** Everything that a run works on: real engines, real servers, and the lines between them. */
export interface Ground {
  readonly folder: string;
  /** Where clients and the provider reach the servers. */
  readonly url: string;
  readonly mongod: ReplicaSet;
  readonly mongodVersion: string;
  readonly valkey: Valkey;
  readonly simulatorUrl: string;
  readonly servers: readonly Server[];
  /** Lines from the first server to the members of the set. The other servers reach them directly. */
  readonly mongoLines: readonly TcpProxy[];
  /** The line from all servers to Redis. */
  readonly redisLine: TcpProxy;
  /** The line from all servers to the provider. */
  readonly providerLine: TcpProxy;
  /** A line from clients to the servers on which answers can get lost. */
  readonly clientLine: TcpProxy;
  /** Ends whoever runs, and makes the simulator start again with what it has kept. */
  restartSimulator(): Promise<void>;
  stop(keepLogs: boolean): Promise<void>;
}

/** What a ground is to be like. */
export interface GroundPlan {
  readonly weakening: Weakening | null;
  readonly onCrash: (name: string, what: string) => void;
}

/** Starts everything. What was started is ended when something fails. */
export async function startGround(plan: GroundPlan): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'voho-fault-'));
  const stops: (() => unknown)[] = [];
  const end = async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    return await assemble(plan, folder, stops, end);
  } catch (error) {
    await end();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function assemble(
  plan: GroundPlan,
  folder: string,
  stops: (() => unknown)[],
  end: () => Promise<void>,
): Promise<Ground> {
  const program = await compiledServer(folder);
  if (plan.weakening) await patchCompiled(program, plan.weakening, WEAKENING_PATCHES[plan.weakening]);

  const search = {
    cacheDir: CACHE_DIR,
    environment: inheritedEnvironment(),
    ticker: new StepTicker(() => undefined),
  };
  const binary = await findMongod(search, process.env['MONGOMS_SYSTEM_BINARY']);
  const mongod = await ReplicaSet.start(binary.path, folder);
  stops.push(() => mongod.stop());
  const valkey = await Valkey.start();
  stops.push(() => valkey.kill());

  const simulatorPort = await freePort();
  const startSimulator = async () => {
    const child = new Child({
      program: process.execPath,
      parameters: [
        ...[join(program, 'simulator/main.js'), '--port', String(simulatorPort)],
        ...['--state-dir', join(folder, 'simulator'), '--speed', String(SIMULATOR_SPEED)],
      ],
      env: { PATH: process.env['PATH'] },
      logFile: join(folder, 'simulator.log'),
    });
    await child.untilWritten('Simulator listening');
    return child;
  };
  let simulator = await startSimulator();
  stops.push(() => simulator.kill());

  const line = async (target: () => number) => {
    const proxy = await TcpProxy.to(target);
    stops.push(() => proxy.close());
    return proxy;
  };
  const mongoLines = await Promise.all(mongod.members.map(({ port }) => line(() => port)));
  const redisLine = await line(() => Number(new URL(valkey.url).port));
  const providerLine = await line(() => simulatorPort);

  const ports: number[] = [];
  for (let index = 0; index < SERVERS; index += 1) ports.push(await freePort());
  const balancer = await Balancer.before(ports);
  stops.push(() => balancer.close());
  const clientLine = await line(() => balancer.port);
  const url = `http://127.0.0.1:${balancer.port}`;
  const secrets = {
    JWT_SECRET: randomBytes(32).toString('hex'),
    MASTER_KEY: randomBytes(32).toString('hex'),
  };
  const routes = mongod.members.map(({ port }, index) => [port, mongoLines[index]?.port]);
  await mkdir(join(folder, 'data'));
  const servers = ports.map(
    (port, index) =>
      new Server({
        name: `server-${index}`,
        port,
        program: join(program, 'main.js'),
        logFile: join(folder, `server-${index}.log`),
        env: {
          PATH: process.env['PATH'],
          NODE_ENV: 'development',
          MONTHLY_CALL_MINUTES: 'none',
          INVITATIONS_PER_DAY: '1000000',
          LOG_LEVEL: 'warn',
          HOST: '127.0.0.1',
          PUBLIC_URL: url,
          DATA_DIR: join(folder, 'data'),
          MONGODB_URI: mongod.uri,
          REDIS_URL: `redis://127.0.0.1:${redisLine.port}`,
          SIMULATOR_URL: `http://127.0.0.1:${providerLine.port}`,
          // Nothing that a run does may reach the real provider.
          ULTRAVOX_BASE_URL: 'http://127.0.0.1:9',
          ...secrets,
          // Clocks jump by a day, and it is not tokens that are tried here.
          ACCESS_TOKEN_TTL: '7d',
          REQUESTS_PER_MINUTE: '1000000',
          MAX_CONCURRENT_CALLS: '200',
          WEBHOOK_ALLOWED_ADDRESSES: '127.0.0.1',
          PROVIDER_CREATIONS_PER_SECOND: '100',
          ...(index === 0 && {
            NODE_OPTIONS: `--import ${new URL('reroute.mjs', import.meta.url).href}`,
            FAULT_ROUTES: JSON.stringify(routes),
          }),
        },
        onCrash: (name, { code, signal }, written) => {
          plan.onCrash(name, `ended with ${code ?? signal ?? 'nothing'}: ${written}`);
        },
      }),
  );
  stops.push(() => Promise.all(servers.map(server => server.stop())));
  await Promise.all(servers.map(server => server.untilReady()));
  return {
    folder,
    url,
    mongod,
    mongodVersion: binary.version,
    valkey,
    simulatorUrl: `http://127.0.0.1:${simulatorPort}`,
    servers,
    mongoLines,
    redisLine,
    providerLine,
    clientLine,
    restartSimulator: async () => {
      await simulator.kill();
      simulator = await startSimulator();
    },
    stop: async keepLogs => {
      await end();
      if (!keepLogs) await rm(folder, { recursive: true, force: true });
    },
  };
}
