import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fromPublicId } from '../../src/ids/public-id.js';
import { newObjectId, type ObjectId } from '../../src/mongo/object-id.js';
import { RecordingStore } from '../../src/recordings/recording-store.js';
import type { Loose } from '../kit/client.js';
import { FEED, inTenant, tenantIdOf } from '../kit/events.js';
import { ObjectStore } from '../kit/object-store.js';
import { seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

/** More than fits into one part of an upload. */
const LARGE = 11 * 1024 * 1024;

const s3 = await ObjectStore.start();
afterAll(() => s3?.stop());

/** What a store under test lets the test look at. */
interface Store {
  readonly env: Readonly<Record<string, string>>;
  /** Leaves half a recording, as a process does that dies while it streams. */
  leaveHalf(server: TestServer, tenant: SeededTenant, callId: ObjectId): Promise<void>;
  /** What is there beside whole recordings. */
  unfinished(server: TestServer, tenant: SeededTenant): Promise<string[]>;
}

const folderOf = (server: TestServer, tenant: SeededTenant) =>
  join(server.settings.DATA_DIR, 'recordings', tenantIdOf(tenant).toHexString());

const DIRECTORY: Store = {
  env: {},
  async leaveHalf(server, tenant, callId) {
    await mkdir(folderOf(server, tenant), { recursive: true });
    await writeFile(join(folderOf(server, tenant), `${callId.toHexString()}.wav.dead`), 'half');
  },
  async unfinished(server, tenant) {
    const files = await readdir(folderOf(server, tenant)).catch((): string[] => []);
    return files.filter(file => !file.endsWith('.wav'));
  },
};

const objects = (store: ObjectStore): Store => {
  const keyOf = (tenant: SeededTenant, rest = '') => `calls/${tenantIdOf(tenant).toHexString()}/${rest}`;
  return {
    env: { RECORDINGS_URL: store.url('calls') },
    async leaveHalf(_server, tenant, callId) {
      const object = { Bucket: store.bucket, Key: keyOf(tenant, `${callId.toHexString()}.wav`) };
      const { UploadId } = await store.client.send(new CreateMultipartUploadCommand(object));
      await store.client.send(new UploadPartCommand({ ...object, UploadId, PartNumber: 1, Body: 'half' }));
    },
    async unfinished(_server, tenant) {
      const { Uploads = [] } = await store.client.send(
        new ListMultipartUploadsCommand({ Bucket: store.bucket, Prefix: keyOf(tenant) }),
      );
      return Uploads.map(({ Key }) => Key ?? '');
    },
  };
};

describe.each<[string, Store | null]>([
  ['a directory', DIRECTORY],
  ['an S3-compatible store', s3 && objects(s3)],
])('Recordings in %s', (_name, store) => {
  const it_ = store ? it : it.skip;
  let server: TestServer;
  let tenant: SeededTenant;
  let neighbour: SeededTenant;
  let recordings: RecordingStore;

  beforeAll(async () => {
    if (!store) return;
    server = await startTestServer({ env: store.env });
    tenant = await seedTenant(server);
    neighbour = await seedTenant(server);
    recordings = server.app.get(RecordingStore);
  });
  afterAll(() => (store ? server.stop() : undefined));

  const inside = <T>(work: () => Promise<T>, whose = tenant) => inTenant(server, whose, work);

  async function* pieces(size: number, byte = 7, breaksOff = false): AsyncGenerator<Uint8Array> {
    for (let sent = 0; sent < size; sent += 64 * 1024)
      yield Buffer.alloc(Math.min(64 * 1024, size - sent), byte);
    if (breaksOff) throw new Error('The line broke');
  }

  const bytesOf = async (callId: ObjectId, whose = tenant) =>
    inside(async () => {
      const recording = await recordings.find(callId);
      if (!recording) return null;
      const chunks: Uint8Array[] = [];
      for await (const chunk of await recording.read()) chunks.push(chunk as Uint8Array);
      return Buffer.concat(chunks);
    }, whose);

  it_('are there whole, can be replaced, and are another for another tenant', async () => {
    const callId = newObjectId();
    expect(await bytesOf(callId)).toBeNull();
    await inside(() => recordings.save(callId, pieces(LARGE)));
    expect((await bytesOf(callId))?.equals(Buffer.alloc(LARGE, 7))).toBe(true);
    expect(await bytesOf(callId, neighbour)).toBeNull();
    const before = await inside(() => recordings.find(callId));
    await inside(() => recordings.save(callId, pieces(LARGE, 8)));
    expect((await inside(() => recordings.find(callId)))?.etag).not.toBe(before?.etag);
    expect((await bytesOf(callId))?.equals(Buffer.alloc(LARGE, 8))).toBe(true);
    await inside(() => recordings.remove(callId), neighbour);
    expect(await bytesOf(callId)).not.toBeNull();
    await inside(() => recordings.remove(callId));
    expect(await bytesOf(callId)).toBeNull();
    await inside(() => recordings.remove(callId));
  });

  it_.each([0, 1000, LARGE])('of %d bytes in files are for the user of the server alone', async size => {
    if (store !== DIRECTORY) return;
    const callId = newObjectId();
    await inside(() => recordings.save(callId, pieces(size)));
    const folder = folderOf(server, tenant);
    const modes = [join(folder, `${callId.toHexString()}.wav`), folder, join(folder, '..')].map(
      async path => (await stat(path)).mode & 0o777,
    );
    expect(await Promise.all(modes)).toEqual([0o600, 0o700, 0o700]);
  });

  it_('are not there at all when they broke off, early or late', async () => {
    for (const size of [0, 1000, LARGE]) {
      const callId = newObjectId();
      await expect(inside(() => recordings.save(callId, pieces(size, 7, true)))).rejects.toThrow(
        'The line broke',
      );
      expect(await bytesOf(callId)).toBeNull();
    }
    expect(await store?.unfinished(server, tenant)).toEqual([]);
  });

  it_('lose what a dead process has left of them, with the next attempt or with their call', async () => {
    const [again, gone] = [newObjectId(), newObjectId()];
    for (const callId of [again, gone]) {
      await store?.leaveHalf(server, tenant, callId);
      expect(await bytesOf(callId)).toBeNull();
    }
    expect(await store?.unfinished(server, tenant)).toHaveLength(2);
    await inside(() => recordings.save(again, pieces(1000)));
    expect(await store?.unfinished(server, tenant)).toHaveLength(1);
    await inside(() => recordings.remove(gone));
    expect(await store?.unfinished(server, tenant)).toEqual([]);
    expect(await bytesOf(again)).toHaveLength(1000);
  });

  it_('of one tenant go all at once, finished or not', async () => {
    const [mine, half, theirs] = [newObjectId(), newObjectId(), newObjectId()];
    await inside(() => recordings.save(mine, pieces(1000)));
    await store?.leaveHalf(server, tenant, half);
    await inside(() => recordings.save(theirs, pieces(1000)), neighbour);
    await inside(() => recordings.removeAll());
    expect(await bytesOf(mine)).toBeNull();
    expect(await store?.unfinished(server, tenant)).toEqual([]);
    expect(await bytesOf(theirs, neighbour)).toHaveLength(1000);
    await inside(() => recordings.removeAll());
  });

  it_('of a call are those of the provider, and come in parts to whoever has a link', async () => {
    const { client } = tenant.admin;
    const { id } = await startCall(client);
    const stream = client.subscribe(FEED, { callId: id, after: '' });
    await stream.until(({ values }) =>
      values.some(({ callEvents }) => callEvents.__typename === 'CallRecordingReady'),
    );
    stream.stop();
    const { call } = await client.data(
      'query ($id: ID!) { call(id: $id) { providerCallId recording { url contentType } } }',
      { id },
    );
    const url = call.recording.url as string;
    const original = await fetch(
      `${server.simulator.url}/api/calls/${call.providerCallId as string}/recording`,
      {
        headers: { 'X-API-Key': 'simulator' },
      },
    );
    const wav = Buffer.from(await original.arrayBuffer());
    const ask = (headers: Record<string, string> = {}, method = 'GET') => fetch(url, { method, headers });
    const body = async (response: Response) => Buffer.from(await response.arrayBuffer());

    const whole = await ask();
    expect([whole.status, whole.headers.get('accept-ranges'), whole.headers.get('cache-control')]).toEqual([
      200,
      'bytes',
      'private, no-store',
    ]);
    expect((await body(whole)).equals(wav)).toBe(true);

    const [etag, modified] = [whole.headers.get('etag') ?? '', whole.headers.get('last-modified') ?? ''];
    for (const [range, start, end] of [
      ['bytes=0-0', 0, 0],
      ['bytes=100-199', 100, 199],
      ['bytes=100-', 100, wav.length - 1],
      ['bytes=-50', wav.length - 50, wav.length - 1],
      ['bytes=-99999999', 0, wav.length - 1],
      ['Bytes= 5-9 ', 5, 9],
      [`bytes=10-${wav.length + 1000}`, 10, wav.length - 1],
    ] as const) {
      const part = await ask({ range });
      expect([part.status, part.headers.get('content-range')]).toEqual([
        206,
        `bytes ${start}-${end}/${wav.length}`,
      ]);
      expect((await body(part)).equals(wav.subarray(start, end + 1))).toBe(true);
    }
    const beyond = await ask({ range: `bytes=${wav.length}-` });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${wav.length}`]);
    expect(await body(beyond)).toHaveLength(0);
    // What is no range, several of them, or a part of other bytes: the whole.
    for (const headers of [
      { range: 'bytes=nonsense' },
      { range: 'seconds=1-2' },
      { range: 'bytes=0-1,5-6' },
      { range: 'bytes=0-1', 'if-range': '"another"' },
      { range: 'bytes=0-1', 'if-range': new Date(0).toUTCString() },
    ] as Record<string, string>[]) {
      const answer = await ask(headers);
      expect([headers, answer.status]).toEqual([headers, 200]);
      expect(await body(answer)).toHaveLength(wav.length);
    }
    for (const condition of [etag, modified]) {
      const part = await ask({ range: 'bytes=0-1', 'if-range': condition });
      expect([part.status, (await body(part)).length]).toEqual([206, 2]);
    }
    const head = await ask({}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), (await body(head)).length]).toEqual([
      200,
      String(wav.length),
      0,
    ]);
    const headOfPart = await ask({ range: 'bytes=5-9' }, 'HEAD');
    expect([headOfPart.status, headOfPart.headers.get('content-length')]).toEqual([200, String(wav.length)]);
    expect(headOfPart.headers.get('content-range')).toBeNull();

    const tampered = (change: (link: URL) => void) => {
      const link = new URL(url);
      change(link);
      return fetch(link).then(({ status }) => status);
    };
    expect(await tampered(link => link.searchParams.set('expires', '9999999999999'))).toBe(403);
    expect(await tampered(link => link.searchParams.set('signature', 'x'))).toBe(403);
    expect(await tampered(link => link.searchParams.delete('signature'))).toBe(403);
    expect(await tampered(link => (link.pathname = link.pathname.replace('.wav', '')))).toBe(403);

    await client.data('mutation ($id: ID!) { deleteCall(id: $id) }', { id });
    expect((await ask()).status).toBe(404);
    const callId = fromPublicId('call', id as string) as Loose;
    const deadline = Date.now() + 15_000;
    while ((await inside(() => recordings.find(callId))) && Date.now() < deadline)
      await new Promise(next => setTimeout(next, 50));
    expect(await bytesOf(callId)).toBeNull();
  });
});
