import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** A server that is ready for a browser. */
export interface StartedServer {
  /** Its address, without a path. */
  readonly url: string;
  stop(): Promise<void>;
}

const LONGEST_START_MS = 120_000;

/**
 * Starts the built server the way a newcomer does, with an empty data directory and a free port, and waits until it
 * serves the playground. With VOHO_URL in the environment it uses the server at that address instead.
 * @throws Error with the server's own output when it ends or is not ready in time.
 */
export async function startServer(): Promise<StartedServer> {
  const given = process.env['VOHO_URL'];
  if (given !== undefined && given !== '') {
    return { url: given.replace(/\/(graphql)?\/?$/, ''), stop: async () => undefined };
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'voho-browser-'));
  const port = await freePort();
  const child = spawn(process.execPath, ['dist/main.js'], {
    env: { ...process.env, NODE_ENV: 'development', DATA_DIR: dataDir, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const stop = async () => {
    await ended(child);
    await rm(dataDir, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await ready(url, child);
  } catch (error) {
    await stop();
    throw new Error(`The server did not start.\n${output}`, { cause: error });
  }
  return { url, stop };
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + LONGEST_START_MS; Date.now() < deadline; await wait(200)) {
    if (child.exitCode !== null) throw new Error(`It ended with code ${child.exitCode}.`);
    const answer = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } }).catch(() => null);
    if (answer?.ok === true) return;
  }
  throw new Error(`It was not ready after ${LONGEST_START_MS / 1000} s.`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGINT');
  await once(child, 'exit');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No free port was found.');
  return address.port;
}
