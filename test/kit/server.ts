import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import type { mongo } from 'mongoose';
import { readEnv } from '../../src/config/env.js';
import type { Settings } from '../../src/config/settings.js';
import { freePort } from '../../src/embedded/simulator-port.js';
import { startServer } from '../../src/server.js';
import {
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '../../src/simulator/start-simulator.js';
import { Client, type Credential } from './client.js';
import { testEngines } from './engines.js';
import { outsideDatabase } from './outside.js';

/** A server of the test's own: real HTTP, real sockets, real engines, a simulator, and an empty database. */
export interface TestServer {
  readonly url: string;
  readonly settings: Settings;
  readonly simulator: Simulator;
  /** For looking at what is stored; never for faking it. */
  readonly app: INestApplicationContext;
  /** Its database as seen from outside: the server's own connection refuses whatever names no tenant. */
  readonly db: mongo.Db;
  /** A client that speaks to this server. */
  client(credential?: Credential): Client;
  stop(): Promise<void>;
}

export interface TestServerOptions {
  readonly simulator?: SimulatorOptions;
  readonly env?: Readonly<Record<string, string>>;
  /** Shares the engines, secrets and simulator of another server, as a second process would. */
  readonly beside?: TestServer;
}

/** Starts a server. Calls of its simulator run ten times faster unless told otherwise. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { beside } = options;
  const engines = testEngines();
  const dataDir = await mkdtemp(join(tmpdir(), 'voho-server-'));
  const simulator = beside?.simulator ?? (await startSimulator({ speed: 10, ...options.simulator }));
  const port = await freePort(0);
  // What servers say in a run of tests is looked through at its end.
  const logDir = process.env['TEST_LOG_DIR'];
  const logFile =
    logDir && process.env['TEST_LOG_LEVEL'] === undefined ? join(logDir, `${port}.log`) : undefined;
  const env = readEnv({
    NODE_ENV: 'test',
    LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? (logDir === undefined ? 'silent' : 'info'),
    PORT: String(port),
    DATA_DIR: dataDir,
    MONGODB_URI: beside?.settings.MONGODB_URI ?? engines.mongodbUri,
    REDIS_URL: engines.redisUrl,
    SIMULATOR_URL: simulator.url,
    // Nothing that a test does may reach the real provider.
    ULTRAVOX_BASE_URL: 'http://127.0.0.1:9',
    JWT_SECRET: 'gkHhk2Vq0cXl5nQm8dTzYwR3sJ7uB1eF',
    MASTER_KEY: 'P4tLw9ZrNx2yUe6GvKj8QmSb5oCi1hAd',
    // Tests that are about other things need not wait for their turn.
    REQUESTS_PER_MINUTE: '30000',
    ...options.env,
  });
  const url = `http://127.0.0.1:${env.PORT}`;
  const settings = {
    ...env,
    PUBLIC_URL: env.PUBLIC_URL ?? url,
    demo: null,
    ...(logFile && { logFile }),
  } as Settings;
  const server = await startServer(settings);
  const outside = outsideDatabase(settings.MONGODB_URI);
  return {
    url,
    settings,
    simulator,
    app: server.app,
    db: outside.db,
    client: credential => new Client(url, credential),
    async stop() {
      await server.stop();
      await outside.close();
      if (!beside) await simulator.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
