import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { mongo } from 'mongoose';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEngineRecord } from './engine-record.js';
import { identify, isAlive, signalProcess, type ProcessIdentity } from './process-identity.js';
import { DataDirInUseError, runningEngines, startEngines, type Engines } from './start-engines.js';

/** Long enough for the first run on a machine, which fetches the engines. */
const PATIENCE_MS = 300_000;

describe('startEngines', () => {
  let dataDir: string;
  const started: Engines[] = [];
  const start = async (mongodb: boolean, redis: boolean, ephemeral = false): Promise<Engines> => {
    const cacheDir = join(homedir(), '.cache', 'voho');
    const engines = await startEngines({ dataDir, cacheDir, mongodb, redis, ephemeral });
    started.push(engines);
    return engines;
  };
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'voho-engines-'));
  });
  afterEach(async () => {
    for (const engines of started.splice(0)) await engines.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const withMongo = async <Result>(
    { mongodbUri }: Engines,
    work: (db: mongo.Db, client: mongo.MongoClient) => Promise<Result>,
  ): Promise<Result> => {
    const client = await new mongo.MongoClient(mongodbUri ?? '').connect();
    return work(client.db(), client).finally(() => client.close());
  };
  const recorded = async (): Promise<ProcessIdentity[]> => {
    const { supervisor, mongodb, redis } = await readEngineRecord(dataDir);
    return [supervisor, mongodb?.process, redis?.process].filter(process => process !== undefined);
  };

  it(
    'gives a MongoDB with transactions and change streams whose data the next start finds again',
    async () => {
      const first = await start(true, false);
      await withMongo(first, async (db, client) => {
        expect(db.databaseName).toBe('voho');
        const calls = db.collection('calls');
        await client.withSession(session =>
          session.withTransaction(() => calls.insertOne({ name: 'kept' }, { session })),
        );
        const changes = calls.watch();
        await changes.tryNext();
        await calls.insertOne({ name: 'seen' });
        expect((await changes.next()).operationType).toBe('insert');
        await changes.close();
      });
      await first.stop();

      const second = await start(true, false);
      expect(second.mongodbUri).not.toBe(first.mongodbUri);
      expect(await withMongo(second, db => db.collection('calls').countDocuments())).toBe(2);
    },
    PATIENCE_MS,
  );

  it(
    'tells other processes the addresses while it lives, refuses a second server, and leaves no process',
    async () => {
      expect(await runningEngines(dataDir)).toBeNull();
      const engines = await start(true, true);
      const { mongodbUri, redisUrl } = engines;
      expect(await runningEngines(dataDir)).toEqual({ mongodbUri, redisUrl });
      await expect(start(false, true)).rejects.toThrow(DataDirInUseError);

      const processes = await recorded();
      expect(processes).toHaveLength(3);
      await engines.stop();
      expect(await Promise.all(processes.map(isAlive))).toEqual([false, false, false]);
      expect(await runningEngines(dataDir)).toBeNull();
    },
    PATIENCE_MS,
  );

  it(
    'starts an engine that dies again in its place',
    async () => {
      const { redisUrl } = await start(false, true);
      const client = new Redis(redisUrl ?? '', { maxRetriesPerRequest: null });
      client.on('error', () => undefined);
      const before = /process_id:(\d+)/.exec(await client.info('server'))?.[1];
      const process = await identify(Number(before));
      if (process === null) throw new Error('the engine is not found');
      await signalProcess(process, 'SIGKILL');
      await new Promise(resolve => client.once('close', resolve));
      expect(/process_id:(\d+)/.exec(await client.info('server'))?.[1]).not.toBe(before);
      client.disconnect();
    },
    PATIENCE_MS,
  );

  it(
    'ends the engines also when their supervisor was killed',
    async () => {
      const engines = await start(true, true);
      const [supervisor, ...others] = await recorded();
      if (supervisor === undefined) throw new Error('there is no supervisor');
      await signalProcess(supervisor, 'SIGKILL');
      await engines.stop();
      expect(await Promise.all(others.map(isAlive))).toEqual([false, false]);
    },
    PATIENCE_MS,
  );

  it(
    'deletes the data folder at the end when it is ephemeral',
    async () => {
      const engines = await start(true, true, true);
      await withMongo(engines, db => db.collection('calls').insertOne({ name: 'gone' }));
      await engines.stop();
      await expect(access(dataDir)).rejects.toThrow('ENOENT');
    },
    PATIENCE_MS,
  );
});
