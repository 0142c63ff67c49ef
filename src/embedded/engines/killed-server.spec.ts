import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { mongo } from 'mongoose';
import { environmentForNode, inheritedEnvironment } from './child-environment.js';
import { readEngineRecord, type EngineRecord } from './engine-record.js';
import { isAlive, signalProcess, type ProcessIdentity } from './process-identity.js';
import { startEngines, type Engines, type EngineRequest } from './start-engines.js';

const PATIENCE_MS = 300_000;
const SOURCES = fileURLToPath(new URL('start-engines.ts', import.meta.url));
const REGISTER = new URL('../../../test/jest/register.mjs', import.meta.url).href;
/** A server reduced to its engines: it starts them, says where they are, and then lives on. */
const SERVER = `
  const { startEngines } = await import(${JSON.stringify(SOURCES)});
  console.log((await startEngines(JSON.parse(process.argv[1]))).mongodbUri);
  setInterval(() => undefined, 60_000);`;

describe('engines of a server that is killed', () => {
  let request: EngineRequest;
  let server: ChildProcess | null = null;
  let next: Engines | null = null;
  beforeEach(async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'voho-killed-'));
    request = { dataDir, cacheDir: join(homedir(), '.cache', 'voho'), mongodb: true, redis: true };
  });
  afterEach(async () => {
    server?.kill('SIGKILL');
    await next?.stop();
    server = null;
    next = null;
    await rm(request.dataDir, { recursive: true, force: true });
  });

  /** Starts a server process whose MongoDB then holds one document, and returns what it has recorded. */
  const startServer = async (): Promise<EngineRecord> => {
    const parameters = [
      '--import',
      REGISTER,
      '--input-type=module',
      '--eval',
      SERVER,
      JSON.stringify(request),
    ];
    const child = spawn(process.execPath, parameters, {
      env: environmentForNode(inheritedEnvironment()),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    server = child;
    const [uri] = (await once(createInterface(child.stdout), 'line')) as [string];
    const client = await new mongo.MongoClient(uri).connect();
    await client.db().collection('calls').insertOne({ name: 'kept' });
    await client.close();
    return readEngineRecord(request.dataDir);
  };
  const processesOf = ({ supervisor, mongodb, redis }: EngineRecord): ProcessIdentity[] => {
    const processes = [supervisor, mongodb?.process, redis?.process].filter(process => process !== undefined);
    expect(processes).toHaveLength(3);
    return processes;
  };
  const kill = async (): Promise<void> => {
    if (server === null) throw new Error('no server was started');
    const exit = once(server, 'exit');
    server.kill('SIGKILL');
    await exit;
  };
  const countAfterRestart = async (): Promise<number> => {
    next = await startEngines(request);
    const client = await new mongo.MongoClient(next.mongodbUri ?? '').connect();
    return client
      .db()
      .collection('calls')
      .countDocuments()
      .finally(() => client.close());
  };

  it(
    'end by themselves, and the next start finds the data',
    async () => {
      const processes = processesOf(await startServer());
      await kill();
      while ((await Promise.all(processes.map(isAlive))).includes(true)) await sleep(50);
      expect(await countAfterRestart()).toBe(1);
    },
    PATIENCE_MS,
  );

  it(
    'are ended by a next start that comes at once, which finds the data',
    async () => {
      const processes = processesOf(await startServer());
      await kill();
      expect(await countAfterRestart()).toBe(1);
      expect(await Promise.all(processes.map(isAlive))).toEqual([false, false, false]);
    },
    PATIENCE_MS,
  );

  it(
    'are ended by the next start also when the supervisor and mongod were killed with it',
    async () => {
      const record = await startServer();
      const processes = processesOf(record);
      for (const process of [record.supervisor, record.mongodb?.process]) {
        if (process !== undefined) await signalProcess(process, 'SIGKILL');
      }
      await kill();
      expect(await countAfterRestart()).toBe(1);
      expect(await Promise.all(processes.map(isAlive))).toEqual([false, false, false]);
    },
    PATIENCE_MS,
  );
});
