import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SpecClient, SpecReceiver } from './spec-kit.js';
import { startSimulator, type Simulator } from './start-simulator.js';

describe('The limits of the account', () => {
  let simulator: Simulator;
  let client: SpecClient;

  beforeAll(async () => {
    simulator = await startSimulator();
    client = new SpecClient(simulator.url);
  });
  afterAll(() => simulator.stop());
  beforeEach(async () => {
    expect((await client.send('PUT', '/simulator/limits', {})).status).toBe(200);
    await client.pass(120);
  });

  const limit = (limits: object): Promise<Response> => client.send('PUT', '/simulator/limits', limits);
  const create = (body: object = {}): Promise<Response> => client.send('POST', '/api/calls', body);

  it('count calls that nobody has joined, and free a place at the end, not at the bill', async () => {
    await client.arm({ kind: 'billing-late', delayMs: 3_600_000, times: 1 });
    await limit({ concurrentCalls: 1 });
    expect((await create({ joinTimeout: '30s' })).status).toBe(201);
    const account = { activeCalls: 1, allowedConcurrentCalls: 1 };
    expect(await client.get('/api/accounts/me')).toMatchObject(account);
    expect((await create()).status).toBe(429);
    await client.pass(20);
    expect((await create()).status).toBe(201);
  });

  it('refuse below the priority count with 503, and tell when to come back in each way or not at all', async () => {
    await limit({ concurrentCalls: 0, priorityCalls: 5, retryAfter: 'date' });
    const full = await create();
    expect(full.status).toBe(503);
    expect(Date.parse(String(full.headers.get('retry-after')))).toBeGreaterThan(0);
    await limit({ concurrentCalls: 0, retryAfter: 'none' });
    const capped = await create();
    expect([capped.status, capped.headers.get('retry-after')]).toEqual([429, null]);
  });

  it('keep the rate of creation by second and by minute', async () => {
    await limit({ creationsPerSecond: 2, creationsPerMinute: 3 });
    const statuses = [(await create()).status, (await create()).status, (await create()).status];
    expect(statuses).toEqual([201, 201, 429]);
    await client.pass(2);
    expect([(await create()).status, (await create()).status]).toEqual([201, 429]);
    await client.pass(2);
    const refused = await create();
    expect([refused.status, Number(refused.headers.get('retry-after')) > 50]).toEqual([429, true]);
    await client.pass(60);
    expect((await create()).status).toBe(201);
  });

  it('keep the rate of all requests', async () => {
    await limit({ requestsPerSecond: 1 });
    expect((await client.send('GET', '/api/accounts/me')).status).toBe(200);
    expect((await client.send('GET', '/api/accounts/me')).status).toBe(429);
  });

  it('refuse what is no limit', async () => {
    expect((await limit({ concurrentCalls: -1 })).status).toBe(400);
    expect((await limit({ unknown: 1 })).status).toBe(400);
  });
});

describe('The webhooks of the account', () => {
  it('hear of every call from when they are there, change, fall ill and go', async () => {
    const receiver = await SpecReceiver.start('rotated');
    const simulator = await startSimulator();
    const client = new SpecClient(simulator.url);
    const { url } = receiver;
    const made = await client.send('POST', '/api/webhooks', { url, events: ['call.started', 'call.ended'] });
    const { webhookId, secrets } = (await made.json()) as { webhookId: string; secrets: string[] };
    expect(secrets).toHaveLength(1);
    const path = `/api/webhooks/${webhookId}`;
    const changed = await client.send('PATCH', path, { secrets: ['other', 'rotated'] });
    expect(await changed.json()).toMatchObject({ secrets: ['other', 'rotated'], status: 'normal' });
    await client.create({});
    await client.pass(60);
    expect(receiver.received.map(({ event, valid }) => [event, valid])).toEqual([
      ['call.started', true],
      ['call.ended', true],
    ]);
    receiver.statuses['call.started'] = [500];
    await client.create({});
    await client.pass(1);
    expect(await client.get(path)).toMatchObject({
      status: 'unhealthy',
      recentFailures: [{ failure: 'Status 500' }],
    });
    await client.pass(60);
    expect(await client.get(path)).toMatchObject({ status: 'normal' });
    expect((await client.send('POST', '/api/webhooks', { url: 'no', events: [] })).status).toBe(400);
    expect((await client.send('DELETE', path)).status).toBe(204);
    expect((await client.send('GET', path)).status).toBe(404);
    expect(await client.get('/api/webhooks')).toMatchObject({ total: 0 });
    await simulator.stop();
    await receiver.stop();
  });
});
