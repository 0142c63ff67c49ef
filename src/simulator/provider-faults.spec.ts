import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { SpecClient, SpecReceiver, until, type CallJson } from './spec-kit.js';
import { startSimulator, type Simulator } from './start-simulator.js';

const HOUR_S = 3600;

/** What the contract says that clients get wrong, each as a switch; in virtual time, so that hours cost nothing. */
describe('A provider that does what the contract warns of', () => {
  let simulator: Simulator;
  let receiver: SpecReceiver;
  let client: SpecClient;

  beforeEach(async () => {
    receiver = await SpecReceiver.start('secret');
    simulator = await startSimulator({ seed: 'spec' });
    client = new SpecClient(simulator.url);
  });
  afterEach(async () => {
    await simulator.stop();
    await receiver.stop();
  });

  /** A call that is over and billed, and what was heard of it. */
  const lived = async (body: object = {}, seconds = 60): Promise<CallJson> => {
    const { callId } = await client.create({ callbacks: receiver.callbacks(), ...body });
    await client.pass(seconds);
    return client.call(callId);
  };
  const count = (event: string): number => receiver.events().filter(one => one === event).length;
  const status = async (path: string): Promise<number> => (await client.send('GET', path)).status;

  it('tells an account-level webhook of the start before it answers the creation', async () => {
    const { url } = receiver;
    const made = await client.send('POST', '/api/webhooks', {
      url,
      secrets: ['secret'],
      events: ['call.started'],
    });
    expect(made.status).toBe(201);
    await client.arm({ kind: 'create-after-started' });
    const { callId } = await client.create({});
    expect(receiver.received.map(({ event, call }) => [event, call.callId])).toEqual([
      ['call.started', callId],
    ]);
    expect(receiver.received[0]?.valid).toBe(true);
  });

  it('answers a creation slowly', async () => {
    await client.arm({ kind: 'create-delay', delayMs: 300, times: 1 });
    const answered = client.create({ metadata: { slow: 'yes' } });
    const early = await until(async () => {
      const { results } = await client.get<{ results: CallJson[] }>('/api/calls?metadata.slow=yes');
      return results[0];
    });
    const isAnswered = await Promise.race([answered.then(() => true), Promise.resolve(false)]);
    expect(isAnswered).toBe(false);
    expect((await answered).callId).toBe(early.callId);
  });

  it('answers other requests slowly', async () => {
    await client.arm({ kind: 'request-delay', path: '/accounts/me', delayMs: 150, times: 1 });
    const startedAt = performance.now();
    await client.get('/api/accounts/me');
    expect(performance.now() - startedAt).toBeGreaterThan(140);
  });

  it('bills hours later, or never', async () => {
    await client.arm({ kind: 'billing-late', delayMs: 5 * HOUR_S * 1000, times: 1 });
    const { callId, billingStatus } = await lived({}, 4 * HOUR_S);
    expect([billingStatus, count('call.billed')]).toEqual(['BILLING_STATUS_PENDING', 0]);
    await client.pass(2 * HOUR_S);
    expect(count('call.billed')).toBe(1);
    expect(await client.call(callId)).toMatchObject({
      billingStatus: 'BILLING_STATUS_BILLED',
      billedDuration: '6s',
    });
    await client.arm({ kind: 'billing-never' });
    expect(await lived({}, 100 * HOUR_S)).toMatchObject({ billingStatus: 'BILLING_STATUS_PENDING' });
    expect(count('call.billed')).toBe(1);
  });

  it('gives money back later, with or without saying so', async () => {
    for (const announced of [true, false]) {
      await client.arm({ kind: 'billing-refunded', delayMs: HOUR_S * 1000, announced, times: 1 });
      const before = count('call.billed');
      const { callId, billingStatus } = await lived();
      expect(billingStatus).toBe('BILLING_STATUS_BILLED');
      await client.pass(2 * HOUR_S);
      expect((await client.call(callId)).billingStatus).toBe('BILLING_STATUS_REFUNDED');
      expect(count('call.billed') - before).toBe(announced ? 2 : 1);
    }
    expect(await client.get('/api/accounts/me/billing/usage')).toMatchObject({ totalMinutes: 0 });
  });

  it('has billing states that nobody has heard of, and line minutes without call minutes', async () => {
    await client.arm({ kind: 'billing-status', status: 'BILLING_STATUS_NEW', times: 1 });
    expect((await lived()).billingStatus).toBe('BILLING_STATUS_NEW');
    await client.arm({ kind: 'never-joins' }, { kind: 'sip-minutes', seconds: 13 });
    const { billedDuration, billingStatus, sipDetails } = await lived();
    expect([billedDuration, billingStatus]).toEqual(['0s', 'BILLING_STATUS_FREE_ZERO_EFFECTIVE_DURATION']);
    expect(sipDetails).toEqual({ billedDuration: '18s', terminationReason: 'SIP_TERMINATION_TIMEOUT' });
    expect(await client.get('/api/accounts/me/billing/usage')).toMatchObject({ totalSipMinutes: 0.3 });
  });

  it('delays webhooks, and finds nobody at the address for hours, on its own timetable', async () => {
    await client.arm({ kind: 'webhook-delayed', events: ['call.joined'], delayMs: 30_000, times: 1 });
    await lived();
    expect(receiver.events()).toEqual(['call.ended', 'call.billed', 'call.joined']);
    await client.arm({ kind: 'webhook-unreachable', events: ['call.ended'], attempts: 10 });
    const { callId } = await lived({}, 4 * HOUR_S);
    expect(count('call.ended')).toBe(1);
    await client.pass(5 * HOUR_S);
    expect(count('call.ended')).toBe(2);
    const { attempts } = await client.get<{
      attempts: { event: string; at: number; status: number | null }[];
    }>(`/simulator/calls/${callId}`);
    const own = attempts.filter(({ event }) => event === 'call.ended');
    expect(own.map(one => one.status)).toEqual([...Array.from({ length: 10 }, () => null), 204]);
    expect(Math.round(((own.at(-1)?.at ?? 0) - (own[0]?.at ?? 0)) / 30_000)).toBe(2 ** 10 - 1);
  });

  it('signs with two secrets at once, and odd bodies that only their raw bytes verify', async () => {
    await client.arm({ kind: 'webhook-two-secrets', times: 1 });
    await lived();
    for (const { signatures, valid } of receiver.received) {
      expect([signatures.length, valid]).toEqual([2, true]);
    }
    await client.arm({ kind: 'webhook-odd-body', events: ['call.ended'] });
    await lived();
    const odd = receiver.received.filter(({ event }) => event === 'call.ended').at(-1);
    expect(odd?.valid).toBe(true);
    const parsed = JSON.parse(odd?.body ?? '') as Record<string, unknown>;
    expect(JSON.stringify(parsed)).not.toBe(odd?.body);
    expect(Object.keys(parsed)).toEqual(['call', 'event']);
    expect(odd?.body).toMatch(/東京/);
    expect(odd?.body).toMatch(/\\u6771/);
  });

  it('shows the last stage alone, unless the whole call is asked for', async () => {
    await client.arm({ kind: 'new-stage', afterUtterances: 2 });
    const { callId } = await lived();
    const [last, whole] = [await client.messages(callId, 'last_stage'), await client.messages(callId)];
    expect(last).toEqual(whole.slice(2));
    expect(new Set(whole.map(({ callStageId }) => callStageId)).size).toBe(2);
    expect(last[0]?.callStageMessageIndex).toBe(0);
    const stages = await client.get<{ results: { callStageId: string }[] }>(`/api/calls/${callId}/stages`);
    expect(stages.results).toHaveLength(2);
    const first = await client.get(`/api/calls/${callId}/stages/${stages.results[0]?.callStageId}/messages`);
    expect(first).toMatchObject({ total: 2 });
    expect(await status(`/api/calls/${callId}/stages/unknown`)).toBe(404);
  });

  it('gives lists without a total, in short pages, and with a next page at a foreign host', async () => {
    for (let index = 0; index < 3; index += 1) await client.create({});
    await client.arm({ kind: 'page-size', size: 2, times: 1 }, { kind: 'total-absent', times: 1 });
    await client.arm({ kind: 'next-foreign-host', times: 1 });
    const odd = await client.get<{ next: string; results: unknown[] }>('/api/calls?pageSize=100');
    expect(odd).not.toHaveProperty('total');
    expect(odd.results).toHaveLength(2);
    const next = new URL(odd.next);
    expect(next.origin).not.toBe(simulator.url);
    const rest = await client.get<{ results: unknown[] }>(`/api/calls${next.search}`);
    expect(rest.results).toHaveLength(1);
  });

  it('ends calls for reasons that nobody has heard of, and shows fields that nobody knows', async () => {
    await client.arm({ kind: 'end-reason', reason: 'solar_flare' }, { kind: 'unknown-fields' });
    const call = await lived();
    expect(call).toMatchObject({ endReason: 'solar_flare', simulatorMood: 'curious' });
    expect(receiver.received.at(-1)?.call).toHaveProperty('simulatorDepth');
    expect((await client.messages(call.callId))[0]).toHaveProperty('simulatorMood');
  });

  it('refuses a recording that is not ready in both ways, then redirects, sends it itself, or breaks off', async () => {
    const recordingEnabled = true;
    for (const unready of [404, 425] as const) {
      await client.arm(
        { kind: 'recording-unready', status: unready, times: 1 },
        { kind: 'recording-late', delayMs: 60_000, times: 1 },
      );
      const { callId } = await lived({ recordingEnabled }, 30);
      expect(await status(`/api/calls/${callId}/recording`)).toBe(unready);
      await client.pass(60);
      expect(await status(`/api/calls/${callId}/recording`)).toBe(302);
    }
    await client.arm(
      { kind: 'recording-direct', times: 1 },
      { kind: 'recording-cut', downloads: 1, times: 1 },
    );
    const { callId } = await lived({ recordingEnabled });
    const path = `/api/calls/${callId}/recording`;
    await expect(client.send('GET', path).then(response => response.arrayBuffer())).rejects.toThrow();
    const direct = await client.send('GET', path);
    expect([direct.status, direct.headers.get('content-type')]).toEqual([200, 'audio/wav']);
    const sha256 = createHash('sha256')
      .update(Buffer.from(await direct.arrayBuffer()))
      .digest('hex');
    expect(await client.get(`/simulator/calls/${callId}`)).toMatchObject({ recording: { sha256 } });
    await client.arm({ kind: 'recording-never' });
    const silent = await lived({ recordingEnabled });
    expect(await status(`/api/calls/${silent.callId}/recording`)).toBe(404);
  });

  it('has no summary at the end of a call yet', async () => {
    await client.arm({ kind: 'summary-late', delayMs: 120_000 });
    const { callId } = await lived();
    const ended = receiver.received.find(({ event }) => event === 'call.ended');
    expect([ended?.call.summary, (await client.call(callId)).summary]).toEqual([null, null]);
    await client.pass(120);
    expect((await client.call(callId)).summary).toEqual(expect.any(String));
  });

  it('deletes a call after its bill and leaves a tombstone', async () => {
    await client.arm({ kind: 'auto-delete', delayMs: 60_000 });
    const { callId } = await lived({}, 30);
    await client.pass(60);
    expect(await status(`/api/calls/${callId}`)).toBe(404);
    expect(await client.get(`/api/deleted_calls/${callId}`)).toMatchObject({ callId, hadSummary: true });
    expect(await client.get('/api/accounts/me/usage/calls')).toMatchObject({
      allTime: { totalCount: 1, billedMinutes: 0.1 },
    });
  });

  it('refuses data messages into live calls', async () => {
    await client.arm({ kind: 'request-error', path: '/send_data_message', status: 422, times: 1 });
    const { callId } = await client.create({});
    await client.pass(2);
    const send = async (): Promise<number> =>
      (await client.send('POST', `/api/calls/${callId}/send_data_message`, { type: 'hang_up' })).status;
    expect([await send(), await send()]).toEqual([422, 204]);
  });

  it('hits a drawn share of the calls, the same ones for the same seed', async () => {
    const drawn = async (): Promise<string[]> => {
      const other = await startSimulator({ seed: 'same' });
      const user = new SpecClient(other.url);
      await user.arm({ kind: 'create-error', status: 503, share: 0.3 });
      const statuses: number[] = [];
      for (let index = 0; index < 40; index += 1) {
        statuses.push((await user.send('POST', '/api/calls', {})).status);
      }
      const { results } = await user.get<{ results: CallJson[] }>('/api/calls');
      await other.stop();
      return [...statuses.map(String), ...results.map(({ callId }) => callId)];
    };
    const first = await drawn();
    const hits = first.filter(one => one === '503').length;
    expect(hits).toBeGreaterThan(3);
    expect(hits).toBeLessThan(25);
    expect(await drawn()).toEqual(first);
  });
});
