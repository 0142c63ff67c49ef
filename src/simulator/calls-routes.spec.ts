import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SpecClient, until, type CallJson } from './spec-kit.js';
import { startSimulator, type Simulator } from './start-simulator.js';

interface Page {
  readonly next: string | null;
  readonly previous: string | null;
  readonly total: number;
  readonly results: CallJson[];
}

describe('The API of the simulator', () => {
  let simulator: Simulator;
  let client: SpecClient;

  beforeAll(async () => {
    simulator = await startSimulator({ apiKey: 'right', speed: 10 });
    client = new SpecClient(simulator.url, 'right');
  });
  afterAll(() => simulator.stop());

  it('refuses a wrong or missing key', async () => {
    for (const key of ['wrong', '']) {
      const response = await new SpecClient(simulator.url, key).send('GET', '/api/accounts/me');
      expect(response.status).toBe(401);
    }
    expect((await client.send('GET', '/api/accounts/me')).status).toBe(200);
  });

  it.each([
    [{ nonsense: 1 }, 'nonsense'],
    [{ temperature: 2 }, 'temperature'],
    [{ metadata: { a: 1 } }, 'metadata.a'],
    [{ metadata: { 'ultravox.a': 'x' } }, 'metadata'],
    [{ joinTimeout: 30 }, 'joinTimeout'],
    [{ medium: { webRtc: {}, exotel: {} } }, 'medium'],
    [{ medium: { sip: {} } }, 'medium.sip'],
    [{ callbacks: { started: { url: 'http://127.0.0.1/' } } }, 'callbacks.started'],
    [{ callbacks: { ended: { url: 'no address' } } }, 'callbacks.ended.url'],
    [{ dataConnection: { websocketUrl: 'http://127.0.0.1/' } }, 'dataConnection.websocketUrl'],
    [{ sharedSecrets: ['short'] }, 'sharedSecrets.0'],
    [{ voice: 'a', externalVoice: {} }, 'externalVoice'],
    [{ firstSpeakerSettings: { agent: {}, user: {} } }, 'firstSpeakerSettings'],
  ])('refuses %j and names the field', async (body, field) => {
    const response = await client.send('POST', '/api/calls', body);
    expect(response.status).toBe(400);
    expect(Object.keys((await response.json()) as object)).toEqual([field]);
  });

  it('answers unknown ids with 404 and wrong methods with 405', async () => {
    expect((await client.send('GET', '/api/calls/unknown')).status).toBe(404);
    expect((await client.send('GET', '/api/unknown')).status).toBe(404);
    expect((await client.send('DELETE', '/api/accounts/me')).status).toBe(405);
  });

  it('finds calls by metadata, page by page over full URLs, the newest first', async () => {
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      made.push((await client.create({ metadata: { batch: 'paged', index: String(index) } })).callId);
    }
    const found: string[] = [];
    let next: string | null = '/api/calls?metadata.batch=paged&pageSize=2';
    while (next !== null) {
      const current: Page = await client.get(next);
      expect(current.total).toBe(5);
      found.push(...current.results.map(({ callId }) => callId));
      next = current.next;
      if (next !== null) expect(next.startsWith(simulator.url)).toBe(true);
    }
    expect(found.sort()).toEqual(made.sort());
    const one = await client.get<Page>('/api/calls?metadata.batch=paged&metadata.index=3');
    expect(one.results.map(({ metadata }) => metadata['index'])).toEqual(['3']);
    const sorted = await client.get<Page>('/api/calls?metadata.batch=paged&sort=created&pageSize=1');
    expect(sorted.results[0]?.metadata['index']).toBe('0');
    expect((await client.get<Page>('/api/calls?metadata.batch=none')).results).toEqual([]);
    expect((await client.get<Page>('/api/calls?fromDate=2100-01-01')).results).toEqual([]);
  });

  it('takes data messages only while the call is live', async () => {
    await client.send('POST', '/simulator/faults', [
      { kind: 'never-joins', metadata: { key: 'waits' } },
      { kind: 'conversation', seconds: 600, metadata: { key: 'talks' } },
    ]);
    const waiting = await client.create({ metadata: { waits: 'yes' } });
    const { callId } = await client.create({ metadata: { talks: 'yes' } });
    const send = async (body: unknown, id = callId): Promise<number> =>
      (await client.send('POST', `/api/calls/${id}/send_data_message`, body)).status;
    const text = { type: 'user_text_message', text: 'Are you there?' };
    expect(await send(text, waiting.callId)).toBe(422);
    await client.when(callId, ({ joined }) => joined !== null);
    expect(await send({ type: 'set_output_medium', medium: 'text' })).toBe(400);
    expect(await send(text)).toBe(204);
    expect(await send({ type: 'input_text_message', text: 'In the old way' })).toBe(204);
    expect(await client.messages(callId)).toContainEqual(
      expect.objectContaining({
        role: 'MESSAGE_ROLE_USER',
        medium: 'MESSAGE_MEDIUM_TEXT',
        text: 'Are you there?',
      }),
    );
    expect(await send({ type: 'hang_up', message: 'Bye now.' })).toBe(204);
    expect(await client.when(callId, ({ ended }) => ended !== null)).toMatchObject({ endReason: 'hangup' });
    expect((await client.messages(callId)).at(-1)?.text).toBe('Bye now.');
    expect(await send(text)).toBe(422);
  });

  it('shows initial messages in the mode for the last stage only', async () => {
    const initialMessages = [{ role: 'MESSAGE_ROLE_USER', text: 'Before' }];
    const { callId } = await client.create({ initialMessages });
    await client.when(callId, ({ ended }) => ended !== null);
    expect((await client.messages(callId, 'last_stage'))[0]?.text).toBe('Before');
    expect((await client.messages(callId))[0]).toMatchObject({ callStageMessageIndex: 1 });
  });

  it('deletes a call for good and leaves a tombstone', async () => {
    const { callId } = await client.create({ recordingEnabled: true, metadata: { batch: 'deleted' } });
    expect((await client.send('GET', `/api/deleted_calls/${callId}`)).status).toBe(404);
    expect((await client.send('DELETE', `/api/calls/${callId}`)).status).toBe(204);
    for (const path of ['', '/messages', '/recording']) {
      expect((await client.send('GET', `/api/calls/${callId}${path}`)).status).toBe(404);
    }
    expect((await client.send('DELETE', `/api/calls/${callId}`)).status).toBe(404);
    expect(await client.get(`/api/deleted_calls/${callId}`)).toMatchObject({
      callId,
      recordingEnabled: true,
    });
    const { results } = await client.get<Page>('/api/deleted_calls?metadata.batch=deleted');
    expect(results.map(call => call.callId)).toEqual([callId]);
  });

  it('removes a call after its billing when its retention policy says so', async () => {
    const { callId } = await client.create({ retentionPolicy: 'CALL_RETENTION_POLICY_AUTO_DELETE' });
    await until(async () => {
      const { status } = await client.send('GET', `/api/calls/${callId}`);
      return status === 404 ? true : undefined;
    });
    expect(await client.get(`/api/deleted_calls/${callId}`)).toMatchObject({ callId, hadSummary: true });
  });

  it('gives no join URL for calls that it dials itself', async () => {
    const outgoing = { to: '+436601234567', from: '+43123456' };
    expect((await client.create({ medium: { twilio: { outgoing } } })).joinUrl).toBeNull();
  });

  it('refuses a recording that was not asked for', async () => {
    const { callId } = await client.create({});
    await client.when(callId, ({ ended }) => ended !== null);
    expect((await client.send('GET', `/api/calls/${callId}/recording`)).status).toBe(404);
  });

  it('counts the calls that are not over and refuses more than allowed', async () => {
    const small = await startSimulator({ allowedConcurrentCalls: 1 });
    const user = new SpecClient(small.url);
    await user.create({});
    expect(await user.get('/api/accounts/me')).toMatchObject({ activeCalls: 1, allowedConcurrentCalls: 1 });
    const refused = await user.send('POST', '/api/calls', {});
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    await small.stop();
  });
});
