import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client, Loose } from '../kit/client.js';
import { callWithStatus, seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const CREATE = 'mutation ($input: CreateCallInput!) { createCall(input: $input) { id } }';

describe('One createCall makes exactly one call', () => {
  let server: TestServer;
  let beside: TestServer;
  let tenant: SeededTenant;
  let client: Client;

  beforeAll(async () => {
    server = await startTestServer();
    beside = await startTestServer({ beside: server });
    tenant = await seedTenant(server);
    ({ client } = tenant.admin);
  });
  afterEach(() => fetch(`${server.simulator.url}/simulator/faults`, { method: 'DELETE' }));
  afterAll(async () => {
    await beside.stop();
    await server.stop();
  });

  const faults = async (...list: object[]) => {
    const answer = await fetch(`${server.simulator.url}/simulator/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(list),
    });
    expect(answer.status).toBe(201);
  };

  /** The provider's calls for one of ours that it still keeps. */
  const atProvider = async (id: string): Promise<Loose[]> => {
    const answer = await fetch(`${server.simulator.url}/simulator/calls?metadata.vohoCallId=${id}`);
    const { calls } = (await answer.json()) as { calls: Loose[] };
    return calls.filter(({ deletedAt }) => deletedAt === null);
  };

  it('for the same idempotency key, also at the same time and from two processes', async () => {
    const input = { systemPrompt: 'Hello.', metadata: { order: '1' }, idempotencyKey: 'key-1' };
    const elsewhere = beside.client({ accessToken: tenant.admin.accessToken });
    const answers = await Promise.all(
      [client, elsewhere, client, elsewhere, client].map(sender => sender.data(CREATE, { input })),
    );
    const ids = new Set(answers.map(({ createCall }) => createCall.id as string));
    expect(ids.size).toBe(1);
    const [id = ''] = ids;
    await callWithStatus(client, id, 'RINGING', 'IN_PROGRESS', 'COMPLETED');
    expect(await atProvider(id)).toHaveLength(1);
    expect((await client.data(CREATE, { input })).createCall.id).toBe(id);
  });

  it('refuses the key with another input, and takes it from another user', async () => {
    const input = { systemPrompt: 'Hello.', idempotencyKey: 'key-2' };
    const { createCall } = await client.data(CREATE, { input });
    const refusal = await client.refusal(CREATE, { input: { ...input, systemPrompt: 'Goodbye.' } });
    expect(refusal.extensions.code).toBe('IDEMPOTENCY_CONFLICT');
    const user = await tenant.user();
    expect((await user.client.data(CREATE, { input })).createCall.id).not.toBe(createCall.id);
  });

  it.each([
    ['a null', { a: { b: null } }, { a: {} }],
    ['a null in a list', { a: [{ b: null, c: 1 }] }, { a: [{ c: 1 }] }],
    ['a null at the top', { a: null }, {}],
  ])('refuses the key with variables that differ by %s alone', async (what, variables, other) => {
    const input = { systemPrompt: 'Hello.', idempotencyKey: `key of ${what}` };
    const { createCall } = await client.data(CREATE, { input: { ...input, variables } });
    expect(
      (await client.data(CREATE, { input: { ...input, variables, metadata: null } })).createCall,
    ).toEqual(createCall);
    const refusal = await client.refusal(CREATE, { input: { ...input, variables: other } });
    expect(refusal.extensions.code).toBe('IDEMPOTENCY_CONFLICT');
  });

  it('when the answer comes late', async () => {
    // Without other news of it: a webhook may well be faster than the answer.
    await faults(
      { kind: 'create-delay', delayMs: 3000, times: 1 },
      { kind: 'webhook-lost' },
      { kind: 'data-refused' },
    );
    const { id, status } = await startCall(client);
    expect(status).toBe('QUEUED');
    await callWithStatus(client, id, 'COMPLETED');
    expect(await atProvider(id)).toHaveLength(1);
  });

  it('when the connection breaks after the provider has made it', async () => {
    await faults({ kind: 'create-reset-after', times: 1 });
    const { id } = await startCall(client);
    await callWithStatus(client, id, 'COMPLETED');
    expect(await atProvider(id)).toHaveLength(1);
  });

  it('when the provider is busy at first', async () => {
    await faults({ kind: 'create-error', status: 429, retryAfterSeconds: 1, times: 1 });
    const { id } = await startCall(client);
    await callWithStatus(client, id, 'COMPLETED');
    expect(await atProvider(id)).toHaveLength(1);
  });

  it('and none when the provider refuses it', async () => {
    await faults({ kind: 'create-error', status: 400, times: 1 });
    const { id } = await startCall(client);
    expect(await callWithStatus(client, id, 'FAILED')).toMatchObject({ endReason: 'PROVIDER_REJECTED' });
    expect(await atProvider(id)).toHaveLength(0);
  });
});
