import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/embedded/simulator-port.js';
import { type Simulator, startSimulator } from '../../src/simulator/start-simulator.js';
import { Client, type Credential } from './client.js';
import { testEngines } from './engines.js';
import { program } from './program.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** How long a start may take; far more than it does. */
const PATIENCE_MS = 60_000;

/** The server as an operator starts it: a process of its own, with what it has written so far. */
export interface ServerProcess {
  readonly url: string;
  readonly simulator: Simulator;
  readonly dataDir: string;
  readonly mongodbUri: string;
  /** A client that speaks to this server. */
  client(credential?: Credential): Client;
  /** The lines of its standard output. */
  lines(): string[];
  /** Its standard error. */
  errors(): string;
  /** Sends it a signal. */
  signal(name: NodeJS.Signals): void;
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number | null>;
  /** Asks it to stop, and returns its exit code. */
  stop(): Promise<number | null>;
}

/** Starts the program from its sources on the engines of the test run. @throws with its output when it does not start. */
export async function startServerProcess(env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const engines = testEngines();
  const simulator = await startSimulator({ speed: 10 });
  const dataDir = await mkdtemp(join(tmpdir(), 'voho-process-'));
  const port = await freePort(0);
  const child = spawn(process.execPath, await program('main'), {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'development',
      LOG_LEVEL: 'info',
      PORT: String(port),
      DATA_DIR: dataDir,
      MONGODB_URI: engines.mongodbUri,
      REDIS_URL: engines.redisUrl,
      SIMULATOR_URL: simulator.url,
      // Nothing that a test does may reach the real provider.
      ULTRAVOX_BASE_URL: 'http://127.0.0.1:9',
      JWT_SECRET: 'gkHhk2Vq0cXl5nQm8dTzYwR3sJ7uB1eF',
      MASTER_KEY: 'P4tLw9ZrNx2yUe6GvKj8QmSb5oCi1hAd',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { output: '', errors: '' };
  child.stdout.on('data', (chunk: Buffer) => (written.output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (written.errors += chunk.toString()));
  const ended = once(child, 'exit').then(([code]) => code as number | null);

  const stop = async () => {
    child.kill('SIGTERM');
    const code = await ended;
    await simulator.stop();
    await rm(dataDir, { recursive: true, force: true });
    return code;
  };
  for (const deadline = Date.now() + PATIENCE_MS; !written.output.includes('Voho is ready');) {
    if (child.exitCode !== null || Date.now() > deadline) {
      const code = await stop();
      throw new Error(`The server did not start: exit code ${code}.\n${written.output}\n${written.errors}`);
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    client: credential => new Client(url, credential),
    simulator,
    dataDir,
    mongodbUri: env['MONGODB_URI'] ?? engines.mongodbUri,
    lines: () =>
      written.output
        .slice(0, written.output.lastIndexOf('\n') + 1)
        .split('\n')
        .filter(line => line !== ''),
    errors: () => written.errors,
    signal: name => child.kill(name),
    ended,
    stop,
  };
}
