import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client, Loose } from '../kit/client.js';
import { operate } from '../kit/operate.js';
import { callWithStatus, seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const USAGE = `query ($month: String) {
  usage(month: $month) { month calls callMinutes billedMinutes limitMinutes peakConcurrentCalls }
}`;

describe('What a tenant has used', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let admin: Client;
  let month: string;

  beforeAll(async () => {
    server = await startTestServer({
      env: { VIRTUAL_TIME: 'true' },
      simulator: { speed: 1, script: { seconds: 20, billingDelayMs: 3 * HOUR_MS } },
    });
    tenant = await seedTenant(server);
    admin = tenant.admin.client;
    month = new Date().toISOString().slice(0, 7);
  });
  afterAll(() => server.stop());

  const simulator = async (path: string, body?: object): Promise<Loose> => {
    const headers = { 'x-api-key': 'any', 'content-type': 'application/json' };
    const init = body ? { method: 'POST', body: JSON.stringify(body), headers } : { headers };
    return (await fetch(`${server.simulator.url}${path}`, init)).json();
  };
  const pass = (ms: number) => simulator('/simulator/clock', { by: `${ms / 1000}s`, grain: '5s' });
  const usage = async (client = admin): Promise<Loose> => (await client.data(USAGE, { month })).usage;
  /** A call with a fault of its own. */
  const call = async (name: string, ...faults: object[]): Promise<string> => {
    if (faults.length > 0) {
      const metadata = { key: 'name', value: name };
      await simulator(
        '/simulator/faults',
        faults.map(fault => ({ ...fault, metadata })),
      );
    }
    return (await startCall(admin, { metadata: { name } })).id as string;
  };
  /** The provider's own bill of all its calls. */
  const billOfProvider = async (): Promise<number> => {
    const { daily } = await simulator('/api/accounts/me/usage/calls');
    return daily.reduce((sum: number, day: Loose) => sum + Number(day.billedMinutes), 0);
  };
  const entries = async (): Promise<Loose[]> =>
    server.db.collection('usageEntries').find({}).sort({ recordedAt: 1, ordinal: 1 }).toArray();

  const voho = async (...args: string[]): Promise<{ code: number | null; text: string }> => {
    const { SIMULATOR_URL = '' } = server.settings;
    const { code, out, err } = await operate(server, args, { SIMULATOR_URL });
    return { code, text: out + err };
  };

  it('is nothing at first', async () => {
    expect(await usage()).toEqual({
      month,
      calls: 0,
      callMinutes: 0,
      billedMinutes: 0,
      limitMinutes: 1000,
      peakConcurrentCalls: 0,
    });
  });

  it('is estimated at the end of each call, and counts calls that still run', async () => {
    const ids = [
      await call('plain'),
      await call('unjoined', { kind: 'never-joins' }),
      await call('faulty', { kind: 'end-reason', reason: 'system_error', afterMs: 7000 }),
      await call('refunded', { kind: 'billing-refunded', delayMs: 2 * DAY_MS }),
      await call('free', { kind: 'billing-status', status: 'BILLING_STATUS_FREE_MINUTES' }),
      await call('deleted'),
    ];
    for (const id of ids) await callWithStatus(admin, id, 'RINGING', 'IN_PROGRESS');
    expect(await usage()).toMatchObject({ calls: 6, billedMinutes: 0, peakConcurrentCalls: 6 });
    await pass(10 * 60_000);
    const over = await usage();
    const { calls } = await admin.data('{ calls(first: 50) { nodes { id durationSeconds endedAt } } }');
    const seconds = calls.nodes.map(({ durationSeconds }: Loose) => Number(durationSeconds ?? 0)) as number[];
    const total = seconds.reduce((sum, each) => sum + each, 0);
    expect(over.calls).toBe(6);
    expect(over.callMinutes * 60).toBeCloseTo(total, 3);
    // All whole steps of six seconds, but for the one that the provider itself has broken.
    const steps = calls.nodes.map(({ id, durationSeconds }: Loose) =>
      id === ids[2] ? 0 : Math.ceil(Number(durationSeconds ?? 0) / 6) * 6,
    ) as number[];
    expect(over.billedMinutes * 60).toBeCloseTo(
      steps.reduce((sum, each) => sum + each, 0),
      3,
    );
    expect((await entries()).map(({ kind }) => kind)).toEqual(Array(6).fill('ESTIMATE'));
    expect(await billOfProvider()).toBe(0);
  });

  it('stays when a call is deleted, before its bill and after', async () => {
    const before = await usage();
    const { calls } = await admin.data(
      '{ calls(filter: { metadata: { name: "deleted" } }) { nodes { id } } }',
    );
    await admin.data('mutation ($id: ID!) { deleteCall(id: $id) }', { id: calls.nodes[0].id });
    await pass(60_000);
    expect(await usage()).toEqual(before);
  });

  it('becomes what the provider bills', async () => {
    await pass(4 * HOUR_MS);
    const kinds = (await entries()).map(({ kind }) => kind as string);
    expect(kinds.filter(kind => kind === 'FINAL')).toHaveLength(6);
    const { calls } = await admin.data('{ calls(first: 50) { nodes { metadata billedSeconds } } }');
    const billed = new Map(calls.nodes.map((node: Loose) => [node.metadata.name, node.billedSeconds]));
    expect([billed.get('unjoined'), billed.get('faulty'), billed.get('free')]).toEqual([0, 0, 0]);
    const { billedMinutes } = await usage();
    expect(billedMinutes * 60).toBeCloseTo((await billOfProvider()) * 60, 3);
    expect(billedMinutes).toBeGreaterThan(1);
    expect(await voho('usage', 'reconcile', '--month', month)).toMatchObject({
      code: 0,
      text: expect.stringContaining(`${month}: the ledger equals the bills.`),
    });
  });

  it('is corrected when a bill is taken back days later, once, though the provider is away at first', async () => {
    const before = await usage();
    await pass(6 * DAY_MS);
    expect(await usage()).toEqual(before);
    const refunded = await server.db.collection('calls').findOne({ 'metadata.name': 'refunded' });
    const path = `/api/calls/${String(refunded?.['provider'].callId)}`;
    const away = { kind: 'request-error', method: 'GET', path, status: 503, times: 1 };
    await simulator('/simulator/faults', [away]);
    await pass(2 * DAY_MS);
    expect(JSON.stringify(await simulator('/simulator/faults'))).not.toContain(path);
    const after = await usage();
    expect(after.calls).toBe(before.calls);
    expect(after.callMinutes).toBe(before.callMinutes);
    expect(after.billedMinutes).toBeLessThan(before.billedMinutes as number);
    expect(after.billedMinutes * 60).toBeCloseTo((await billOfProvider()) * 60, 3);
    const corrections = (await entries()).filter(({ kind }) => kind === 'CORRECTION');
    expect(corrections).toHaveLength(1);
    const { calls } = await admin.data(
      '{ calls(filter: { metadata: { name: "refunded" } }) { nodes { billedSeconds } } }',
    );
    expect(calls.nodes).toEqual([{ billedSeconds: 0 }]);
    expect(await voho('usage', 'reconcile', '--month', month)).toMatchObject({ code: 0 });
  });

  it('holds nothing of anybody: an entry is ids, times and numbers', async () => {
    const [entry = {}] = await entries();
    expect(Object.keys(entry).sort()).toEqual(
      'accountId billedSeconds callId callSeconds calls day kind month ordinal recordedAt tenantId _id'
        .split(' ')
        .sort(),
    );
  });

  it('is told to the operator to differ from the bills where it does', async () => {
    // Somebody else uses the account.
    await simulator('/api/calls', { systemPrompt: 'Hello.' });
    const { now } = await pass(3 * DAY_MS);
    const then = new Date(Date.parse(now as string) - 3 * DAY_MS).toISOString().slice(0, 7);
    const { code, text } = await voho('usage', 'reconcile', '--month', then);
    expect(text).toMatch(
      /simulator: \d{4}-\d\d-\d\d {2}the bill says 1 calls, 0\.\d min, the ledger 0 calls, 0\.0 min/,
    );
    expect([code, text]).toEqual([1, expect.stringContaining(`${then}: the ledger differs from the bills.`)]);
    expect((await voho('usage', 'reconcile', '--month', 'May')).code).toBe(2);
  });

  it('is for admins and for API keys that may read it, and of no other tenant', async () => {
    const user = await tenant.user();
    expect((await user.client.refusal(USAGE, { month })).extensions.code).toBe('FORBIDDEN');
    const { createApiKey } = await admin.data(
      'mutation { createApiKey(input: { name: "usage", scopes: [ANALYTICS_READ] }) { secret } }',
    );
    expect(await usage(server.client({ accessToken: createApiKey.secret }))).toEqual(await usage());
    expect(await usage((await seedTenant(server)).admin.client)).toMatchObject({
      calls: 0,
      billedMinutes: 0,
    });
  });

  it.each(['2026', '2026-13', '2026-1', 'today', ''])('is of no month %j', async given => {
    const refusal = await admin.refusal(USAGE, { month: given });
    expect(refusal.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: { month: expect.any(String) },
    });
  });
});
