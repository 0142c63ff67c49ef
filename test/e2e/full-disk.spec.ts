import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { callWithStatus, seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { until } from '../kit/until.js';

const run = promisify(execFile);
const RECORDING = 'query ($id: ID!) { call(id: $id) { recording { url } summary } }';

/** A file system of a few kilobytes; false where this machine lets nobody make one. */
async function mountSmall(folder: string): Promise<boolean> {
  return run('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', folder]).then(
    () => true,
    () => false,
  );
}

describe('A disk that is full', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let dataDir: string;
  let folder: string;
  let isSmall: boolean;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'voho-full-'));
    folder = join(dataDir, 'recordings');
    await mkdir(folder);
    isSmall = await mountSmall(folder);
    // Without one the folder is a file: the store fails as well, with another code.
    if (!isSmall) {
      await rm(folder, { recursive: true });
      await writeFile(folder, '');
    }
    server = await startTestServer({ env: { DATA_DIR: dataDir } });
    tenant = await seedTenant(server);
  });
  afterAll(async () => {
    await server.stop();
    if (isSmall) await run('umount', ['-l', folder]);
    await rm(dataDir, { recursive: true, force: true });
  });

  const metric = async (name: string) => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  };
  const readiness = async () => (await fetch(`${server.url}/health/ready`)).json();
  /** Downloads that were begun, however they ended. */
  const fetched = async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const counts = text.matchAll(
      /^voho_provider_request_seconds_count\{[^}]*operation="recording"[^}]*\} (\d+)$/gm,
    );
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  };

  it('has recordings of all calls fetched a few times alone, keeps the rest of each call, and is told', async () => {
    const calls = await Promise.all(Array.from({ length: 6 }, () => startCall(tenant.admin.client)));
    for (const { id } of calls) await callWithStatus(tenant.admin.client, id, 'COMPLETED');
    await until(async () => (await metric('voho_recording_store_failures_total')) > 0, 'the store fails');
    await new Promise(resolve => setTimeout(resolve, 12_000));
    // At first all calls may fetch at once; after that one try in 5 s, then in 10 s.
    expect(await metric('voho_recording_store_failures_total')).toBeLessThanOrEqual(calls.length + 3);
    expect(await fetched()).toBeLessThanOrEqual(calls.length + 3);
    expect(await metric('voho_recording_store_up')).toBe(0);
    expect(await readiness()).toMatchObject({ status: 'degraded', recordings: false, mongodb: true });
    for (const { id } of calls) {
      const { call } = await tenant.admin.client.data(RECORDING, { id });
      expect(call.recording).toBeNull();
      expect(call.summary).not.toBeNull();
    }
    const left = isSmall ? await readdir(folder, { recursive: true, withFileTypes: true }) : [];
    expect(left.filter(entry => entry.isFile())).toEqual([]);

    // Room again.
    if (isSmall) await run('mount', ['-o', 'remount,size=64m', folder]);
    else await rm(folder);
    for (const { id } of calls)
      await until(
        async () => (await tenant.admin.client.data(RECORDING, { id })).call.recording !== null,
        'the recording is there',
      );
    expect(await readiness()).toMatchObject({ status: 'ready', recordings: true });
    expect((await stat(folder)).isDirectory()).toBe(true);
  }, 120_000);
});
