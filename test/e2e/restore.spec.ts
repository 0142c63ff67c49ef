import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SealScan } from '../../src/events/seal-scan.js';
import { JobRunner } from '../../src/jobs/job-runner.js';
import { HeadNotesWriter } from '../../src/modules/restores/head-notes-writer.js';
import { newObjectId } from '../../src/mongo/object-id.js';
import { RedisClients } from '../../src/redis/redis-clients.js';
import { type Backup, restoreBackup, takeBackup } from '../kit/backup.js';
import type { AnswerError } from '../kit/answer-error.js';
import type { Loose } from '../kit/client.js';
import { EventStreamReader } from '../kit/event-stream-reader.js';
import { FEED, heardBy, produceEvents, sequencesByCall, tenantIdOf, upTo } from '../kit/events.js';
import { operate } from '../kit/operate.js';
import { seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import type { Stream } from '../kit/stream.js';

const AUDIT = 'subscription ($after: String) { auditEvents(after: $after) { cursor action } }';
const NEWEST = '{ auditEvents(first: 1) { nodes { cursor } } }';
const EVENTS = `query ($id: ID!, $after: String) {
  call(id: $id) { events(first: 100, after: $after) { nodes { sequence cursor } } }
}`;
const RECORDED = `query { auditEvents(filter: { actions: ["database.restored"] }) { nodes { actorLabel details } } }`;

/** What is told of the first error that comes. */
async function told(stream: Stream<Loose>): Promise<AnswerError['extensions'] | undefined> {
  await stream.until(({ errors, values }) => errors.length > 0 || values.length > 0, 'an answer');
  expect(stream.values).toEqual([]);
  stream.stop();
  return stream.errors[0]?.extensions;
}

describe('A database that a backup was restored to', () => {
  let server: TestServer;
  let dataDir: string;
  let tenant: SeededTenant;
  let callId: string;
  let backup: Backup;
  /** Cursors from before the backup was restored: of the feed, and of the audit log. */
  let old: { readonly feed: string; readonly list: string; readonly log: string };
  const begun: TestServer[] = [];

  /** Another process on the same database; `stop` ends it. */
  const startAgain = async (env: Record<string, string> = {}): Promise<TestServer> => {
    const next = await startTestServer({ beside: server, env: { DATA_DIR: dataDir, ...env } });
    begun.push(next);
    return next;
  };
  const stopAll = async () => {
    for (const one of begun.splice(0)) await one.stop();
  };
  const newestOf = async (one: TestServer) =>
    (await one.client(tenant.admin.client.credential).data(NEWEST)).auditEvents.nodes[0].cursor as string;
  const clientOf = (one: TestServer) => one.client(tenant.admin.client.credential);
  const headsIn = async () => {
    const heads = await server.db
      .collection('streamHeads')
      .find({ tenantId: tenantIdOf(tenant) })
      .toArray();
    return Object.fromEntries(heads.map(({ stream, position, epoch }) => [stream, { position, epoch }]));
  };
  const emptyRedis = (one: TestServer) => one.app.get(RedisClients).commands.flushdb();

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'voho-restore-'));
    // Holds the database and the simulator for the others. It must not write while a backup is taken or restored.
    server = await startTestServer();
    for (const worker of [JobRunner, SealScan]) await server.app.get(worker).onApplicationShutdown();
    const first = await startAgain();
    tenant = await seedTenant(first);
    ({ id: callId } = (await startCall(tenant.admin.client)) as { id: string });
    await produceEvents(first, tenant, { count: 10 });
    await stopAll();
    backup = await takeBackup(server.db);
    const second = await startAgain();
    const client = clientOf(second);
    await produceEvents(second, tenant, { count: 21 });
    await client.data('mutation { updateTenant(input: { name: "Lost" }) { id } }');
    const { events } = (await client.data(EVENTS, { id: callId })).call;
    old = {
      feed: (await client.data('{ eventCursor }')).eventCursor as string,
      list: events.nodes[0].cursor as string,
      log: await newestOf(second),
    };
    await second.app.get(HeadNotesWriter).noteInRedis();
    await second.app.get(HeadNotesWriter).noteInStore();
    await stopAll();
    await restoreBackup(server.db, backup);
  }, 120_000);
  afterAll(async () => {
    await stopAll();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** Whether a server says over each door that the old cursors have expired, and goes on from where it names. */
  async function expectExpired(one: TestServer): Promise<void> {
    const { accessToken } = tenant.admin;
    const client = clientOf(one);
    await produceEvents(one, tenant, { count: 80 });
    const { firstAvailableCursor } = (await client.refusal(EVENTS, { id: callId, after: old.list }))
      .extensions;
    const expired = { code: 'CURSOR_EXPIRED', firstAvailableCursor };
    expect(typeof firstAvailableCursor).toBe('string');
    for (const after of [old.feed, old.list]) {
      const open = (variables: Record<string, unknown>, options = {}) =>
        new EventStreamReader(one.url, { query: FEED, variables }, { accessToken, ...options }).stream;
      expect(await told(client.subscribe(FEED, { after }))).toMatchObject(expired);
      expect(await told(client.subscribe(FEED, { after, callId }))).toMatchObject(expired);
      expect(await told(open({ after }))).toMatchObject(expired);
      expect(await told(open({}, { lastEventId: after }))).toMatchObject(expired);
      expect(await told(open({}, { lastEventId: after, method: 'GET' }))).toMatchObject(expired);
      expect((await client.refusal(EVENTS, { id: callId, after })).extensions).toMatchObject(expired);
    }
    expect(await told(client.subscribe(AUDIT, { after: old.log }))).toMatchObject({
      code: 'CURSOR_EXPIRED',
      firstAvailableCursor: '',
    });
    const stored = await server.db
      .collection('callEvents')
      .countDocuments({ tenantId: tenantIdOf(tenant), position: { $gt: 0 } });
    const all = client.subscribe(FEED, { after: firstAvailableCursor });
    await all.until(({ values }) => values.length >= stored, 'all events');
    expect(all.errors).toEqual([]);
    expect(all.values).toHaveLength(stored);
    for (const sequences of Object.values(sequencesByCall(heardBy(all))))
      expect(sequences).toEqual(upTo(sequences.length));
    all.stop();
    // What is handed out now goes on now.
    const { eventCursor } = await client.data('{ eventCursor }');
    const next = client.subscribe(FEED, { after: eventCursor });
    const id = await produceEvents(one, tenant, { count: 3 });
    await next.until(({ values }) => values.length >= 3);
    expect(sequencesByCall(heardBy(next))).toEqual({ [id]: upTo(3) });
    next.stop();
    const { nodes } = (await client.data(EVENTS, { id: callId })).call.events;
    const rest = (await client.data(EVENTS, { id: callId, after: nodes[0].cursor })).call.events.nodes;
    expect(rest).toEqual(nodes.slice(1));
  }

  it('is noticed at the next start by what is noted in Redis, and old cursors expire over every door', async () => {
    await rm(join(dataDir, 'recordings'), { recursive: true, force: true });
    const one = await startAgain();
    await expectExpired(one);
    const { nodes } = (await clientOf(one).data(RECORDED)).auditEvents;
    expect(nodes).toEqual([
      { actorLabel: 'restore check', details: expect.objectContaining({ foundBy: 'start' }) },
    ]);
    await stopAll();
    // A start afterwards finds nothing new, and the same cursors still go on.
    const before = await headsIn();
    const { eventCursor } = await clientOf(await startAgain()).data('{ eventCursor }');
    expect((await headsIn()).calls).toEqual(before.calls);
    expect(eventCursor).toEqual(expect.any(String));
    await stopAll();
  });

  it('is noticed again when the same backup is restored once more, by what is noted beside the recordings', async () => {
    const between = await startAgain();
    const { eventCursor } = await clientOf(between).data('{ eventCursor }');
    await produceEvents(between, tenant, { count: 1 });
    await between.app.get(HeadNotesWriter).noteInStore();
    await emptyRedis(between);
    await stopAll();
    await emptyRedis(server);
    const [file] = [join(dataDir, 'recordings', noteName())];
    // Ids of tenants and places in their streams, and nothing else.
    expect(Object.keys(JSON.parse(await readFile(file, 'utf8')).heads)).toEqual([
      tenantIdOf(tenant).toHexString(),
    ]);
    await restoreBackup(server.db, backup);
    const one = await startAgain();
    await expectExpired(one);
    expect(await told(clientOf(one).subscribe(FEED, { after: eventCursor }))).toMatchObject({
      code: 'CURSOR_EXPIRED',
    });
    await stopAll();
  });

  const noteName = () => `stream-heads.${server.db.databaseName}.json`;

  it('expires old cursors by the operator’s word where nothing was noted, also under a server that runs', async () => {
    await rm(join(dataDir, 'recordings'), { recursive: true, force: true });
    await restoreBackup(server.db, backup);
    await emptyRedis(server);
    const one = await startAgain();
    expect((await headsIn()).calls?.epoch ?? 0).toBe(0);
    const { eventCursor: after } = await clientOf(one).data('{ eventCursor }');
    const following = clientOf(one).subscribe(FEED, { after });
    await produceEvents(one, tenant, { count: 2 });
    await following.until(({ values }) => values.length === 2);
    const { code, out } = await operate(server, ['database', 'restored']);
    expect([code, out]).toEqual([0, expect.stringContaining('1 tenants')]);
    // Whoever listens is told within seconds.
    await following.until(({ errors }) => errors.length > 0, 'the end of the epoch');
    expect(following.errors[0]?.extensions).toMatchObject({
      code: 'CURSOR_EXPIRED',
      firstAvailableCursor: expect.any(String),
    });
    await expectExpired(one);
    const { nodes } = (await clientOf(one).data(RECORDED)).auditEvents;
    expect(nodes).toEqual([
      { actorLabel: 'operator', details: expect.objectContaining({ foundBy: 'operator' }) },
    ]);
    expect((await operate(server, ['audit', 'verify', tenant.subdomain])).out).toContain('intact');
    await stopAll();
  });

  it('begins one epoch, on record once, when two processes start at once', async () => {
    const between = await startAgain();
    await produceEvents(between, tenant, { count: 1 });
    await between.app.get(HeadNotesWriter).noteInRedis();
    await stopAll();
    await restoreBackup(server.db, backup);
    const [one] = await Promise.all([startAgain(), startAgain(), startAgain()]);
    const { nodes } = (await clientOf(one).data(RECORDED)).auditEvents;
    expect(nodes).toHaveLength(1);
    await stopAll();
  });

  it('leaves a stream that had no event yet with an epoch too', async () => {
    const between = await startAgain();
    const fresh = await seedTenant(between);
    const empty = await takeBackup(server.db);
    await produceEvents(between, fresh, { count: 5 });
    const { eventCursor } = await fresh.admin.client.data('{ eventCursor }');
    await between.app.get(HeadNotesWriter).noteInRedis();
    await stopAll();
    await restoreBackup(server.db, empty);
    const one = await startAgain();
    await produceEvents(one, fresh, { count: 9 });
    const client = one.client(fresh.admin.client.credential);
    expect(await told(client.subscribe(FEED, { after: eventCursor }))).toMatchObject({
      code: 'CURSOR_EXPIRED',
    });
    await stopAll();
  });

  it('keeps the ids of tenants that are there, and of no others', async () => {
    const one = await startAgain();
    const leaving = await seedTenant(one);
    await produceEvents(one, leaving, { count: 2 });
    await one.app.get(HeadNotesWriter).noteInRedis();
    await one.app.get(HeadNotesWriter).noteInStore();
    const hex = tenantIdOf(leaving).toHexString();
    const file = join(dataDir, 'recordings', noteName());
    expect(await readFile(file, 'utf8')).toContain(hex);
    await leaving.admin.client.data('mutation ($s: String!) { deleteTenant(confirmSubdomain: $s) }', {
      s: leaving.subdomain,
    });
    const isGone = async () =>
      (await server.db.collection('tenants').countDocuments({ _id: tenantIdOf(leaving) })) === 0;
    for (const deadline = Date.now() + 60_000; !(await isGone()) && Date.now() < deadline;)
      await new Promise(resolve => setTimeout(resolve, 100));
    expect(await isGone()).toBe(true);
    await one.app.get(HeadNotesWriter).noteInRedis();
    await one.app.get(HeadNotesWriter).noteInStore();
    expect(await readFile(file, 'utf8')).not.toContain(hex);
    expect(await one.app.get(RedisClients).commands.keys(`*${hex}*`)).toEqual([]);
    await stopAll();
  });
});

describe('A database that nothing was restored to', () => {
  it('begins no epoch: at a first start, at later ones, with an emptied Redis, and with retention', async () => {
    const server = await startTestServer();
    const dataDir = await mkdtemp(join(tmpdir(), 'voho-restore-'));
    const tenant = await seedTenant(server);
    const callId = newObjectId();
    await produceEvents(server, tenant, { count: 30, callId });
    const epochs = async () =>
      (await server.db.collection('streamHeads').find().toArray()).map(({ epoch }) => epoch as number);
    const restart = async () => {
      const again = await startTestServer({ beside: server, env: { DATA_DIR: dataDir } });
      const { eventCursor } = await again.client(tenant.admin.client.credential).data('{ eventCursor }');
      await produceEvents(again, tenant, { count: 1 });
      await again.app.get(HeadNotesWriter).noteInRedis();
      await again.app.get(HeadNotesWriter).noteInStore();
      await again.stop();
      expect(await epochs()).toEqual([0, 0]);
      return eventCursor as string;
    };
    const cursor = await restart();
    await restart();
    await server.app.get(RedisClients).commands.flushdb();
    await restart();
    // Calls that are not there are what retention may remove.
    await tenant.admin.client.data('mutation { updateTenant(input: { retentionDays: 1 }) { id } }');
    const left = () => server.db.collection('callEvents').countDocuments({ callId });
    for (const deadline = Date.now() + 30_000; (await left()) > 0 && Date.now() < deadline;)
      await new Promise(resolve => setTimeout(resolve, 100));
    expect(await left()).toBe(0);
    await restart();
    await server.app.get(RedisClients).commands.flushdb();
    await rm(dataDir, { recursive: true, force: true });
    await restart();
    // The very first cursor is still of the present epoch; only retention has passed it by.
    expect(await told(tenant.admin.client.subscribe(FEED, { after: cursor }))).toMatchObject({
      code: 'CURSOR_EXPIRED',
    });
    await rm(dataDir, { recursive: true, force: true });
    await server.stop();
  });
});
