import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { inheritedEnvironment } from '../../src/embedded/engines/child-environment.js';
import { findMongod } from '../../src/embedded/engines/find-mongod.js';
import { launchEngine } from '../../src/embedded/engines/launch-engine.js';
import { mongodLaunch } from '../../src/embedded/engines/mongod-launch.js';
import { prepareReplicaSet } from '../../src/embedded/engines/replica-set.js';
import { StepTicker } from '../../src/embedded/engines/step-ticker.js';
import { Supervisor } from '../../src/embedded/engines/supervisor.js';
import { CACHE_DIR } from './ephemeral-engines.js';

/** What members of a replica set show each other; whoever has it may do anything. */
const KEY = 'aMemberOfThisReplicaSet';

/** A mongod that lets nobody do anything who does not say who he is. */
export interface LockedMongod {
  /** The database, to somebody who may do anything. */
  readonly db: mongo.Db;
  /** The address of the database for one of its users. */
  uriFor(user: string, password: string): string;
  stop(): Promise<void>;
}

/** Starts a mongod of the caller's own, as a replica set of one, that enforces rights. */
export async function startLockedMongod(): Promise<LockedMongod> {
  const environment = inheritedEnvironment();
  const dataDir = await mkdtemp(join(tmpdir(), 'voho-locked-'));
  const keyFile = join(dataDir, 'key');
  await writeFile(keyFile, KEY, { mode: 0o400 });
  const ticker = new StepTicker(() => undefined);
  const search = { cacheDir: CACHE_DIR, environment, ticker };
  const { path } = await findMongod(search, environment['MONGOMS_SYSTEM_BINARY']);
  ticker.end();

  const open = mongodLaunch(path, dataDir, true);
  const memberOn = (port: number) =>
    new mongo.MongoClient(`mongodb://127.0.0.1:${port}/`, {
      auth: { username: '__system', password: KEY },
      authSource: 'local',
      directConnection: true,
    });
  const locked = {
    ...open,
    parameters: (port: number) => [...open.parameters(port), '--keyFile', keyFile],
    async becomeReady(port: number, pid: number) {
      const member = memberOn(port);
      try {
        const admin = member.db('admin');
        const status = await admin.command({ serverStatus: 1 });
        if (Number(status['pid']) !== pid) throw new Error(`port ${port} belongs to another mongod`);
        await prepareReplicaSet(admin, `127.0.0.1:${port}`, true);
      } finally {
        await member.close();
      }
    },
  };
  const supervisor = new Supervisor('locked mongod', environment, dataDir);
  const { port, uri } = await launchEngine(locked, supervisor, async () => undefined);
  supervisor.unref();
  const member = memberOn(port);
  return {
    db: member.db(new URL(uri).pathname.slice(1)),
    uriFor: (user, password) => uri.replace('//', `//${user}:${password}@`),
    async stop() {
      await member.close();
      await supervisor.end();
    },
  };
}
