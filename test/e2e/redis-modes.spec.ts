import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { operate } from '../kit/operate.js';
import { startServerProcess } from '../kit/process.js';
import { startTestServer } from '../kit/server.js';
import { until } from '../kit/until.js';
import { Valkey } from '../kit/valkey.js';

const CLUSTER = 'REDIS_URL leads to a Redis Cluster, which is not supported';

describe('A Redis Cluster', () => {
  let folder: string;
  let cluster: Valkey;
  let admin: Redis;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voho-cluster-'));
    const nodes = join(folder, 'nodes.conf');
    cluster = await Valkey.start('--cluster-enabled', 'yes', '--cluster-config-file', nodes);
    admin = new Redis(cluster.url);
  });
  afterAll(async () => {
    admin.disconnect();
    await cluster.kill();
    await rm(folder, { recursive: true, force: true });
  });

  it('is refused at start in a sentence, with exit code 2 and without a stack', async () => {
    const text = await startServerProcess({ REDIS_URL: cluster.url }).then(
      () => 'it started',
      (error: unknown) => (error as Error).message,
    );
    expect(text).toContain(CLUSTER);
    expect(text).toContain('exit code 2');
    expect(text).not.toContain('    at ');
  });

  it.each([['-info'], ['-info', '-hello'], ['-info', '-cluster'], ['-@dangerous']])(
    'is refused also to a user without the commands of %s',
    async (...rules) => {
      await admin.acl('SETUSER', 'some', 'reset', 'on', '>secret', '~*', '&*', '+@all', ...rules);
      const REDIS_URL = cluster.urlFor('some', 'secret');
      await expect(startTestServer({ env: { REDIS_URL } })).rejects.toThrow(CLUSTER);
    },
  );

  it('is refused once all its slots are served, and to the operator’s commands', async () => {
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await until(
      async () => String(await admin.call('CLUSTER', 'INFO')).includes('cluster_state:ok'),
      'it is whole',
    );
    await expect(startTestServer({ env: { REDIS_URL: cluster.url } })).rejects.toThrow(CLUSTER);
    const server = await startTestServer();
    const { code, err } = await operate(server, ['tenants', 'list'], { REDIS_URL: cluster.url });
    await server.stop();
    expect([code, err]).toEqual([2, expect.stringContaining(CLUSTER)]);
  });
});

describe('Other kinds of Redis', () => {
  it('a Sentinel is refused at start', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'voho-sentinel-'));
    const file = join(folder, 'sentinel.conf');
    await writeFile(file, '');
    const sentinel = await Valkey.startWith(file, '--sentinel');
    await expect(startTestServer({ env: { REDIS_URL: sentinel.url } })).rejects.toThrow(
      'leads to a Sentinel',
    );
    await sentinel.kill();
    await rm(folder, { recursive: true, force: true });
  });

  it('one that is away does not keep a server from starting, and is refused when it turns out to be a cluster', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'voho-late-'));
    const nodes = join(folder, 'nodes.conf');
    const late = await Valkey.start('--cluster-enabled', 'yes', '--cluster-config-file', nodes);
    await late.kill();
    const server = await startTestServer({ env: { REDIS_URL: late.url } });
    await late.start();
    await new Promise(resolve => setTimeout(resolve, 3000));
    const readiness = await (await fetch(`${server.url}/health/ready`)).json();
    await server.stop();
    await late.kill();
    await rm(folder, { recursive: true, force: true });
    expect(readiness).toMatchObject({ status: 'degraded', redis: false });
  });
});
