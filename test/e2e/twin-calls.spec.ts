import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client, Loose } from '../kit/client.js';
import { seedTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

/** Longer than an unanswered request is looked for. */
const HIDDEN_MS = 14_000;

describe('A call that the provider has made twice', () => {
  let server: TestServer;
  let client: Client;

  beforeAll(async () => {
    server = await startTestServer({
      env: { VIRTUAL_TIME: 'true' },
      simulator: { speed: 1, script: { seconds: 600 } },
    });
    ({ client } = (await seedTenant(server)).admin);
  });
  afterAll(() => server.stop());

  const atSimulator = async (path: string, body?: unknown): Promise<Loose> => {
    const options = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    };
    const response = await fetch(
      `${server.simulator.url}/simulator/${path}`,
      body === undefined ? {} : options,
    );
    return response.json();
  };
  const pass = (seconds: number) => atSimulator('clock', { by: `${seconds}s`, grain: '0.2s' });
  /** All that the provider has made of a call, those included that it was told to delete. */
  const madeOf = async (id: string): Promise<Loose[]> =>
    (await atSimulator(`calls?metadata.vohoCallId=${id}`)).calls;
  const read = async (id: string): Promise<Loose> =>
    (await client.data('query ($id: ID!) { call(id: $id) { status providerCallId } }', { id })).call;

  it('keeps one of the two and ends the other, though that was found only later, with somebody in it', async () => {
    // Its answer is lost, it cannot be found for a while, and nothing is told of it: so it is made again.
    await atSimulator('faults', [
      { kind: 'create-reset-after', times: 1 },
      { kind: 'list-late', delayMs: HIDDEN_MS, times: 1 },
      { kind: 'webhook-lost', times: 1 },
      { kind: 'data-refused', times: 1 },
    ]);
    const { id, status } = await startCall(client);
    expect(status).toBe('QUEUED');
    await pass(HIDDEN_MS / 1000 - 1);
    const both = await madeOf(id);
    expect(both).toHaveLength(2);
    expect(both.map(({ call }) => call.ended)).toEqual([null, null]);
    const { providerCallId } = await read(id);

    await pass(20);
    const after = await madeOf(id);
    const kept = after.filter(({ deletedAt }) => deletedAt === null);
    expect(kept.map(({ call }) => call.callId)).toEqual([providerCallId]);
    expect(await read(id)).toEqual({ status: 'IN_PROGRESS', providerCallId });
    // Hung up before it was deleted: whoever was in it hears no silence.
    const [removed] = after.filter(({ deletedAt }) => deletedAt !== null);
    expect(removed.call.joined).not.toBeNull();
    expect(removed.call.ended).not.toBeNull();
    expect(after).toHaveLength(2);
  });

  it('keeps the older of two that are found together, before it knew of either', async () => {
    await atSimulator('faults', [
      { kind: 'create-reset-after', times: 2 },
      { kind: 'list-late', delayMs: HIDDEN_MS, times: 1 },
      { kind: 'list-late', delayMs: 4000, times: 2 },
      { kind: 'webhook-lost', times: 2 },
      { kind: 'data-refused', times: 2 },
    ]);
    const { id } = await startCall(client);
    await pass(60);
    const made = await madeOf(id);
    expect(made).toHaveLength(2);
    const [older, younger] = [...made].sort(
      (a, b) => Date.parse(a.call.created) - Date.parse(b.call.created),
    );
    expect((await read(id)).providerCallId).toBe(older.call.callId);
    expect([older.deletedAt, younger.deletedAt]).toEqual([null, expect.anything()]);
  });
});
