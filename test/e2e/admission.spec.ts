import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { toPublicId } from '../../src/ids/public-id.js';
import { newObjectId, type ObjectId, parseObjectId } from '../../src/mongo/object-id.js';
import { TenantDirectory } from '../../src/tenancy/tenant-directory.js';
import type { Client, Loose } from '../kit/client.js';
import { tenantIdOf, upTo } from '../kit/events.js';
import { callWithStatus, seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const END = 'mutation ($id: ID!) { endCall(id: $id) { id status endReason } }';
const POSITION = 'query ($id: ID!) { call(id: $id) { status queuePosition } }';
const FOLLOW = 'subscription ($id: ID!) { queuePosition(callId: $id) }';

/** Calls of a deep queue, and how long it is watched. */
const DEEP = 5000;
const WATCHED_MS = 6000;

/** How many calls the provider takes at a time. */
const CAPACITY = 6;

describe('Admission', () => {
  let server: TestServer;
  let beside: TestServer;

  beforeAll(async () => {
    const env = { PROVIDER_CREATIONS_PER_SECOND: '1000', REQUESTS_PER_MINUTE: '100000' };
    server = await startTestServer({ env, simulator: { allowedConcurrentCalls: CAPACITY } });
    beside = await startTestServer({ env, beside: server });
  });
  afterEach(() => fetch(`${server.simulator.url}/simulator/faults`, { method: 'DELETE' }));
  afterAll(async () => {
    await beside.stop();
    await server.stop();
  });

  const limit = (
    tenant: SeededTenant,
    limits: { maxConcurrentCalls?: number; monthlyCallMinutes?: number },
  ) =>
    server.app.get(TenantDirectory, { strict: false }).update(tenantIdOf(tenant), {
      $set: Object.fromEntries(Object.entries(limits).map(([name, value]) => [`limits.${name}`, value])),
    });
  const elsewhere = ({ admin }: SeededTenant) => beside.client({ accessToken: admin.accessToken });
  const startMany = (count: number, clients: readonly Client[], input: Record<string, unknown> = {}) =>
    Promise.all(
      Array.from({ length: count }, (_, index) =>
        startCall(clients[index % clients.length] as Client, input),
      ),
    );
  const faults = (...list: object[]) =>
    fetch(`${server.simulator.url}/simulator/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(list),
    });
  /** Calls that last until they are ended. */
  const endless = { kind: 'conversation', seconds: 3000, metadata: { key: 'test', value: 'endless' } };

  const positionOf = async (client: Client, id: string) =>
    (await client.data(POSITION, { id })).call.queuePosition as number | null;
  const eventually = async <T>(read: () => Promise<T>, isIt: (value: T) => boolean): Promise<T> => {
    for (const deadline = Date.now() + 60_000; ;) {
      const value = await read();
      if (isIt(value)) return value;
      if (Date.now() > deadline) throw new Error(`It is still ${JSON.stringify(value)}`);
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  };

  /** The provider's calls with some metadata, in the order in which it made them. */
  const atProvider = async (key: string, value?: string): Promise<Loose[]> => {
    const answer = await fetch(`${server.simulator.url}/simulator/calls`);
    const { calls } = (await answer.json()) as { calls: Loose[] };
    return calls.filter(({ call }) =>
      value === undefined ? key in call.metadata : call.metadata[key] === value,
    );
  };
  const mostAtOnce = (calls: readonly Loose[]) => {
    const starts = calls.map(({ call }) => Date.parse(call.created as string));
    const ends = calls.map(({ timeline }) => Number(timeline.endedAt));
    return Math.max(
      ...starts.map(
        at => calls.filter((_, index) => (starts[index] ?? 0) <= at && (ends[index] ?? 0) > at).length,
      ),
    );
  };

  it('never lets more calls out than the tenant may have, from two processes at once, and the oldest go first', async () => {
    const tenant = await seedTenant(server);
    const { client } = tenant.admin;
    await limit(tenant, { maxConcurrentCalls: 2 });
    const calls = await startMany(8, [client, elsewhere(tenant)], { metadata: { group: 'limit' } });
    for (const { id } of calls) await callWithStatus(client, id, 'COMPLETED');
    const made = await atProvider('group', 'limit');
    expect(made).toHaveLength(8);
    expect(mostAtOnce(made)).toBeLessThanOrEqual(2);
    const { calls: accepted } = await client.data('{ calls { nodes { id createdAt } } }');
    const rank = new Map(accepted.nodes.map(({ id }: Loose, index: number) => [id, 8 - index]));
    const order = made.map(({ call }) => rank.get(call.metadata.vohoCallId) as number);
    // Two seats: whoever is n-th in the line is never overtaken by more than the one beside him.
    expect(order.every((place, index) => Math.abs(place - (index + 1)) <= 1)).toBe(true);
  });

  it('keeps calls waiting when the provider is full, fails none, and takes turns between tenants', async () => {
    const [large, small] = [await seedTenant(server), await seedTenant(server)];
    const brief = { kind: 'conversation', seconds: 10, metadata: { key: 'group', value: 'fair' } };
    await faults(endless, brief);
    const holding = await startMany(CAPACITY, [large.admin.client], { metadata: { test: 'endless' } });
    const many = await startMany(24, [large.admin.client, elsewhere(large)], { metadata: { group: 'fair' } });
    const few = await startMany(3, [small.admin.client], { metadata: { group: 'fair', few: 'yes' } });
    expect([...many, ...few].map(({ status }) => status)).toEqual(Array(27).fill('QUEUED'));
    const positions = async (client: Client, calls: readonly Loose[]) =>
      (await Promise.all(calls.map(({ id }) => positionOf(client, id as string)))).sort(
        (a, b) => Number(a) - Number(b),
      );
    expect(await positions(large.admin.client, many)).toEqual(upTo(24));
    expect(await positions(small.admin.client, few)).toEqual([1, 2, 3]);
    await Promise.all(holding.map(({ id }) => large.admin.client.data(END, { id })));
    for (const { id } of few) await callWithStatus(small.admin.client, id, 'COMPLETED');
    for (const { id } of many) {
      expect(await callWithStatus(large.admin.client, id, 'COMPLETED')).toMatchObject({
        endReason: 'HANGUP',
      });
    }
    const made = await atProvider('group', 'fair');
    expect(made).toHaveLength(27);
    expect(mostAtOnce(made)).toBeLessThanOrEqual(CAPACITY);
    const last = made.map(({ call }) => call.metadata.few === 'yes').lastIndexOf(true);
    // In turn, so the third of the few is the sixth of all, or the seventh where the many had the first turn.
    expect(last).toBeLessThan(CAPACITY + 1);
  });

  it('tells each one its own place, live, and none of another tenant', async () => {
    const [tenant, stranger] = [await seedTenant(server), await seedTenant(server)];
    const { client } = tenant.admin;
    await limit(tenant, { maxConcurrentCalls: 1 });
    await faults(endless);
    const first = await startCall(client, { metadata: { test: 'endless' } });
    const [second, third] = [await startCall(client), await startCall(client)];
    expect([second.status, third.status]).toEqual(['QUEUED', 'QUEUED']);
    expect(await positionOf(client, first.id as string)).toBeNull();
    expect([
      await positionOf(client, second.id as string),
      await positionOf(client, third.id as string),
    ]).toEqual([1, 2]);

    const positions = elsewhere(tenant).subscribe(FOLLOW, { id: third.id });
    await positions.value(({ queuePosition }) => queuePosition === 2);
    const foreign = stranger.admin.client.subscribe(FOLLOW, { id: third.id });
    await foreign.until(({ errors, isComplete }) => errors.length > 0 || isComplete);
    expect(foreign.errors[0]?.extensions.code).toBe('NOT_FOUND');

    // A call that is taken back leaves the line at once.
    expect((await client.data(END, { id: second.id })).endCall).toMatchObject({
      status: 'ENDED',
      endReason: 'CANCELLED',
    });
    expect(await positionOf(client, third.id as string)).toBe(1);
    await positions.value(({ queuePosition }) => queuePosition === 1);
    await client.data(END, { id: first.id });
    await positions.until(({ isComplete }) => isComplete);
    expect(positions.values.map(({ queuePosition }) => queuePosition)).toEqual([2, 1, null]);
    await callWithStatus(client, third.id, 'COMPLETED');
  });

  it('takes a raised limit into account, and lets nobody out for a tenant that is suspended', async () => {
    const tenant = await seedTenant(server);
    const { client } = tenant.admin;
    await limit(tenant, { maxConcurrentCalls: 0 });
    const call = await startCall(client);
    expect(call.status).toBe('QUEUED');
    const directory = server.app.get(TenantDirectory, { strict: false });
    await directory.update(tenantIdOf(tenant), { $set: { isActive: false } });
    await limit(tenant, { maxConcurrentCalls: 1 });
    // Longer than the rounds that are held without a bell are apart.
    await new Promise(resolve => setTimeout(resolve, 2500));
    expect(await atProvider('vohoCallId', call.id as string)).toEqual([]);
    await directory.update(tenantIdOf(tenant), { $set: { isActive: true } });
    await eventually(
      () => atProvider('vohoCallId', call.id as string),
      calls => calls.length === 1,
    );
  });

  it('takes back a place whose call is over', async () => {
    const tenant = await seedTenant(server);
    const { client } = tenant.admin;
    await limit(tenant, { maxConcurrentCalls: 1 });
    const { id } = await startCall(client);
    await callWithStatus(client, id, 'COMPLETED');
    const { db } = server;
    const sample = await db.collection('providerLoads').findOne({});
    // As it stands in a store that was set back to before the call's end.
    const places = db.collection<Loose>('places');
    const { insertedId: _id } = await places.insertOne({
      tenantId: tenantIdOf(tenant),
      accountId: sample?._id,
      since: new Date(),
      seat: 1,
      leasedUntil: new Date(Date.now() + 60_000),
    });
    const next = await startCall(client);
    expect(next.status).toBe('QUEUED');
    await places.updateOne({ _id }, { $set: { leasedUntil: new Date(Date.now() - 1) } });
    await callWithStatus(client, next.id, 'COMPLETED');
  });

  it('asks no more of the database for 5,000 calls that wait than for one', async () => {
    const tenant = await seedTenant(server);
    const { client } = tenant.admin;
    await limit(tenant, { maxConcurrentCalls: 0 });
    const { id } = await startCall(client, { maxQueueSeconds: 86_400 });
    const _id = parseObjectId(String(id).replace('call_', '')) as ObjectId;
    const commands = async () => {
      await server.db.setProfilingLevel('all');
      await new Promise(resolve => setTimeout(resolve, WATCHED_MS));
      await server.db.setProfilingLevel('off');
      const count = await server.db.collection('system.profile').countDocuments({ ns: { $not: /system/ } });
      await server.db.collection('system.profile').drop();
      return count;
    };
    const forOne = await commands();
    const ids = Array.from({ length: DEEP - 1 }, () => newObjectId());
    for (const name of ['calls', 'places', 'jobs']) {
      const original = await server.db.collection(name).findOne({ _id });
      const copies = ids.map(copy => ({ ...original, _id: copy }));
      await server.db.collection(name).insertMany(copies);
    }
    expect(await positionOf(client, toPublicId('call', ids.at(-1) as ObjectId))).toBe(DEEP);
    const followed = ids.slice(0, 20).map(each => client.subscribe(FOLLOW, { id: toPublicId('call', each) }));
    for (const stream of followed) await stream.until(({ values }) => values.length > 0);
    const forMany = await commands();
    for (const stream of followed) stream.stop();
    process.stdout.write(
      `MongoDB commands a second of two servers: ${(forOne * 1000) / WATCHED_MS} for 1 waiting call, ` +
        `${(forMany * 1000) / WATCHED_MS} for ${DEEP} and 20 who follow their place\n`,
    );
    // A look per second and call would be 5,000 a second.
    expect(forMany).toBeLessThan(forOne * 2 + 50);
    const gone = { tenantId: tenantIdOf(tenant) };
    for (const name of ['jobs', 'places']) await server.db.collection(name).deleteMany(gone);
  });

  describe('with monthly minutes', () => {
    it('refuses calls once they are used up, counting what runs, and lets those that wait for them fail', async () => {
      const tenant = await seedTenant(server);
      const { client } = tenant.admin;
      await limit(tenant, { maxConcurrentCalls: 1, monthlyCallMinutes: 1 });
      await faults(endless);
      const first = await startCall(client, { metadata: { test: 'endless' } });
      await callWithStatus(client, first.id, 'IN_PROGRESS');
      const second = await startCall(client);
      expect(second.status).toBe('QUEUED');
      await limit(tenant, { monthlyCallMinutes: 0 });
      const refusal = await client.refusal('mutation { createCall(input: { systemPrompt: "Hi." }) { id } }');
      expect(refusal.extensions.code).toBe('QUOTA_EXCEEDED');
      const failed = await callWithStatus(client, second.id, 'FAILED');
      expect(failed).toMatchObject({ endReason: 'QUOTA_EXCEEDED' });
      const { call } = await client.data('query ($id: ID!) { call(id: $id) { failure queuePosition } }', {
        id: second.id,
      });
      expect(call).toMatchObject({ failure: expect.stringContaining('minutes'), queuePosition: null });
      await client.data(END, { id: first.id });
    });

    it('seats no more calls at once than there are steps of the bill left', async () => {
      const tenant = await seedTenant(server);
      const { client } = tenant.admin;
      await limit(tenant, { maxConcurrentCalls: 50, monthlyCallMinutes: 1 });
      const calls = await startMany(12, [client, elsewhere(tenant)]);
      const over = [];
      for (const { id } of calls) over.push(await callWithStatus(client, id, 'COMPLETED', 'FAILED'));
      expect(over.every(({ endReason }) => ['HANGUP', 'QUOTA_EXCEEDED'].includes(endReason as string))).toBe(
        true,
      );
      expect(over.filter(({ status }) => status === 'COMPLETED').length).toBeGreaterThanOrEqual(10);
    });
  });
});
