import { mongo } from 'mongoose';
import { join } from 'node:path';
import type { EngineLaunch } from './launch-engine.js';
import { prepareReplicaSet, REPLICA_SET } from './replica-set.js';

const DATABASE = 'voho';

/**
 * A single-node replica set with small caches, for one developer's machine.
 * @param ephemeral its data need not outlive it: it is ended by SIGKILL and commits do not wait for the disk.
 */
export function mongodLaunch(program: string, dataDir: string, ephemeral: boolean): EngineLaunch {
  const folder = join(dataDir, 'mongodb');
  return {
    name: 'MongoDB',
    program,
    folder,
    logFile: join(folder, 'mongod.log'),
    endSignal: ephemeral ? 'SIGKILL' : 'SIGTERM',
    graceMs: 30_000,
    parameters: port => [
      ...['--bind_ip', '127.0.0.1', '--port', String(port), '--nounixsocket'],
      ...['--dbpath', folder, '--replSet', REPLICA_SET],
      ...['--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '256'],
      ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
      // A killed server's open transaction keeps its locks until this many seconds have passed: 60 by default.
      ...['--setParameter', 'transactionLifetimeLimitSeconds=5'],
      // A stopping primary waits 15 s for clients to find another one; here there is no other.
      ...['--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=100'],
    ],
    uri: port => `mongodb://127.0.0.1:${port}/${DATABASE}?replicaSet=${REPLICA_SET}`,
    becomeReady: async (port, pid) => {
      const client = new mongo.MongoClient(`mongodb://127.0.0.1:${port}/`, {
        directConnection: true,
        serverSelectionTimeoutMS: 2000,
        socketTimeoutMS: 60_000,
      });
      try {
        const admin = client.db('admin');
        const status = await admin.command({ serverStatus: 1 });
        if (Number(status['pid']) !== pid) throw new Error(`port ${port} belongs to another mongod`);
        await prepareReplicaSet(admin, `127.0.0.1:${port}`, ephemeral);
      } finally {
        await client.close();
      }
    },
  };
}
