import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Fault } from './faults.js';
import { SpecClient, SpecReceiver, untilTrue, type CallJson } from './spec-kit.js';
import { startSimulator, type Simulator } from './start-simulator.js';

describe('The faults of the simulator', () => {
  let simulator: Simulator;
  let receiver: SpecReceiver;
  let client: SpecClient;

  beforeEach(async () => {
    receiver = await SpecReceiver.start('secret');
    simulator = await startSimulator({ speed: 20, webhookRetry: { firstDelayMs: 5, retries: 3 } });
    client = new SpecClient(simulator.url);
  });
  afterEach(async () => {
    await simulator.stop();
    await receiver.stop();
  });

  const arm = async (...faults: Fault[]): Promise<void> => {
    expect((await client.send('POST', '/simulator/faults', faults)).status).toBe(201);
  };
  const post = (metadata: Record<string, string> = {}): Promise<Response> =>
    client.send('POST', '/api/calls', { metadata });
  const reported = (): Promise<CallJson> => client.create({ callbacks: receiver.callbacks() });
  const made = async (): Promise<number> => (await client.get<{ total: number }>('/simulator/calls')).total;

  it('refuse creations so many times, with each form of Retry-After', async () => {
    await arm({ kind: 'create-error', status: 429, retryAfterSeconds: 7, times: 1 });
    await arm({ kind: 'create-error', status: 503, retryAfterDateSeconds: 60, times: 1 });
    await arm({ kind: 'create-error', status: 400, body: { voice: ['Unknown voice.'] }, times: 1 });
    const limited = await post();
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7']);
    const full = await post();
    expect(full.status).toBe(503);
    expect(Date.parse(String(full.headers.get('retry-after')))).toBeGreaterThan(Date.now());
    const bad = await post();
    expect([bad.status, await bad.json()]).toEqual([400, { voice: ['Unknown voice.'] }]);
    expect(await made()).toBe(0);
    expect((await post()).status).toBe(201);
  });

  it('reset the connection before or after a call was made', async () => {
    await arm({ kind: 'create-reset-before', times: 1 });
    await expect(post()).rejects.toThrow();
    expect(await made()).toBe(0);
    await arm({ kind: 'create-reset-after', times: 1 });
    await expect(post({ request: 'r1' })).rejects.toThrow();
    expect(await client.get('/api/calls?metadata.request=r1')).toMatchObject({ total: 1 });
  });

  it('hit only calls with the named metadata, and none once cleared', async () => {
    await arm({ kind: 'create-error', status: 503, metadata: { key: 'tenant', value: 'acme' } });
    expect((await post({ tenant: 'other' })).status).toBe(201);
    expect((await post({ tenant: 'acme' })).status).toBe(503);
    expect((await post({ tenant: 'acme' })).status).toBe(503);
    expect((await client.send('DELETE', '/simulator/faults')).status).toBe(204);
    expect((await post({ tenant: 'acme' })).status).toBe(201);
  });

  it('refuse what they do not understand', async () => {
    expect((await client.send('POST', '/simulator/faults', { kind: 'unheard-of' })).status).toBe(400);
    expect((await client.send('POST', '/simulator/faults', { kind: 'data-cut', afterMS: 1 })).status).toBe(
      400,
    );
  });

  it('fail other requests by method and path', async () => {
    const { callId } = await client.create({});
    await arm({ kind: 'request-error', method: 'GET', path: '/messages', status: 500, times: 1 });
    expect((await client.send('GET', `/api/calls/${callId}`)).status).toBe(200);
    expect((await client.send('GET', `/api/calls/${callId}/messages`)).status).toBe(500);
    expect((await client.send('GET', `/api/calls/${callId}/messages`)).status).toBe(200);
  });

  it('hide a call from lists for a while', async () => {
    await arm({ kind: 'list-late', delayMs: 60_000, times: 1 });
    const { callId } = await client.create({});
    expect(await client.get('/api/calls')).toMatchObject({ total: 0 });
    expect(await client.call(callId)).toMatchObject({ callId });
  });

  it('repeat unacknowledged webhooks with a fresh signature until they are given up', async () => {
    receiver.statuses['call.joined'] = [500, 302];
    receiver.statuses['call.ended'] = [500, 500, 500, 500, 500];
    await reported();
    await untilTrue(() => receiver.received.length === 8);
    expect(receiver.received.every(({ valid }) => valid)).toBe(true);
    const counts = (event: string): number => receiver.events().filter(one => one === event).length;
    expect(['call.joined', 'call.ended', 'call.billed'].map(counts)).toEqual([3, 4, 1]);
  });

  it('lose, duplicate and reorder webhooks', async () => {
    await arm(
      { kind: 'webhook-lost', events: ['call.billed'] },
      { kind: 'webhook-duplicated', events: ['call.ended'], copies: 2 },
      { kind: 'webhook-reordered' },
    );
    await reported();
    await untilTrue(() => receiver.received.length === 4);
    expect(receiver.events()[0]).toBe('call.ended');
    expect(receiver.events().sort()).toEqual(['call.ended', 'call.ended', 'call.ended', 'call.joined']);
    expect(receiver.received.find(({ event }) => event === 'call.joined')?.call.ended).toBeNull();
  });

  it('spoil signatures and timestamps, for a number of attempts', async () => {
    await arm(
      { kind: 'webhook-bad-signature', events: ['call.joined'], attempts: 1 },
      { kind: 'webhook-stale-timestamp', events: ['call.ended'], ageMs: 3_600_000 },
    );
    receiver.statuses['call.joined'] = [401];
    await reported();
    await untilTrue(() => receiver.received.length === 4);
    const of = (event: string) => receiver.received.filter(webhook => webhook.event === event);
    expect(of('call.joined').map(({ valid }) => valid)).toEqual([false, true]);
    expect(of('call.billed').map(({ valid }) => valid)).toEqual([true]);
    expect(of('call.ended')).toHaveLength(1);
    expect(of('call.ended')[0]).toMatchObject({ valid: true });
    expect(of('call.ended')[0]?.ageMs).toBeGreaterThanOrEqual(3_600_000);
  });

  it('leave a call unjoined until its time-out, and free of charge', async () => {
    await arm({ kind: 'never-joins', times: 1 });
    const { callId } = await client.create({ joinTimeout: '2s' });
    const call = await client.when(callId, ({ billedDuration }) => billedDuration !== null);
    expect(call).toMatchObject({
      joined: null,
      endReason: 'unjoined',
      billedDuration: '0s',
      billingStatus: 'BILLING_STATUS_FREE_ZERO_EFFECTIVE_DURATION',
    });
  });

  it('keep the recording back and the summary away', async () => {
    await arm({ kind: 'recording-late', delayMs: 3_600_000 }, { kind: 'summary-never' });
    const { callId } = await client.create({ recordingEnabled: true });
    const call = await client.when(callId, ({ billedDuration }) => billedDuration !== null);
    expect(call.summary).toBeNull();
    expect((await client.send('GET', `/api/calls/${callId}/recording`)).status).toBe(425);
  });

  it('charge nothing for a system error', async () => {
    await arm({ kind: 'end-reason', reason: 'system_error', afterMs: 1000 });
    const { callId } = await client.create({});
    expect(await client.when(callId, ({ billedDuration }) => billedDuration !== null)).toMatchObject({
      endReason: 'system_error',
      billedDuration: '0s',
      billingStatus: 'BILLING_STATUS_FREE_SYSTEM_ERROR',
    });
  });
});
