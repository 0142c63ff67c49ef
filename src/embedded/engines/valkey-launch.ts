import { Redis } from 'ioredis';
import { join } from 'node:path';
import type { EngineLaunch } from './launch-engine.js';

/** A Valkey (or Redis) that keeps nothing on disk: it is doorbell, cache and counters, and may always be emptied. */
export function valkeyLaunch(program: string, dataDir: string, ephemeral: boolean): EngineLaunch {
  const folder = join(dataDir, 'redis');
  return {
    name: 'Redis',
    program,
    folder,
    logFile: join(folder, 'redis.log'),
    endSignal: ephemeral ? 'SIGKILL' : 'SIGTERM',
    graceMs: 5_000,
    parameters: port => [
      ...['--bind', '127.0.0.1', '--port', String(port), '--protected-mode', 'yes'],
      ...['--dir', folder, '--save', '', '--appendonly', 'no', '--daemonize', 'no'],
    ],
    uri: port => `redis://127.0.0.1:${port}`,
    becomeReady: async (port, pid) => {
      const client = new Redis({
        host: '127.0.0.1',
        port,
        lazyConnect: true,
        connectTimeout: 2000,
        maxRetriesPerRequest: 0,
        retryStrategy: () => null,
      });
      // Without a listener a refused connection would be printed; the rejected call below says the same.
      client.on('error', () => undefined);
      try {
        await client.connect();
        const answering = /process_id:(\d+)/.exec(await client.info('server'))?.[1];
        if (answering !== String(pid)) throw new Error(`port ${port} belongs to another server`);
      } finally {
        client.disconnect();
      }
    },
  };
}
