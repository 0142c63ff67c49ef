import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeApiKey, parseApiKey } from '../../src/auth/api-key-format.js';
import { VIEWER_LIFETIME_MS } from '../../src/auth/viewer-cache.js';
import { fromPublicId } from '../../src/ids/public-id.js';
import { newObjectId } from '../../src/mongo/object-id.js';
import { TenantDirectory } from '../../src/tenancy/tenant-directory.js';
import type { Client, Loose } from '../kit/client.js';
import { EventStreamReader } from '../kit/event-stream-reader.js';
import { FEED, inTenant, produceEvents, tenantIdOf } from '../kit/events.js';
import { LiveSocket } from '../kit/live-socket.js';
import { collectionsAsked } from '../kit/profile.js';
import { rawSocket } from '../kit/raw-socket.js';
import { callWithStatus, seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { stored } from '../kit/stored.js';

const CREATE = `mutation ($input: CreateApiKeyInput!) {
  createApiKey(input: $input) { secret apiKey { id name prefix lastFour scopes createdAt lastUsedAt expiresAt } }
}`;
const REVOKE = 'mutation ($id: ID!) { revokeApiKey(id: $id) { id revokedAt } }';
const ALL_SCOPES = [
  'CALLS_READ',
  'CALLS_WRITE',
  'AGENTS_READ',
  'AGENTS_WRITE',
  'ANALYTICS_READ',
  'AUDIT_READ',
  'WEBHOOKS_MANAGE',
];
const CALLS = '{ calls { nodes { id } } }';

describe('API keys', () => {
  let servers: TestServer[];
  let tenant: SeededTenant;
  let admin: Client;

  beforeAll(async () => {
    // Calls must not be over before the tests have looked at them.
    const first = await startTestServer({ simulator: { speed: 1 } });
    servers = [first, await startTestServer({ beside: first })];
    tenant = await seedTenant(server());
    admin = tenant.admin.client;
  });
  afterAll(async () => {
    for (const one of servers.toReversed()) await one.stop();
  });

  const server = () => servers[0] as TestServer;
  const make = async (input: object = {}): Promise<Loose> =>
    (await admin.data(CREATE, { input: { name: 'Backend', scopes: ['CALLS_READ'], ...input } })).createApiKey;
  const withKey = (accessToken: string, at = server()) => at.client({ accessToken });
  const codeOf = async (client: Client, query: string, variables = {}) =>
    (await client.send(query, variables)).errors?.[0]?.extensions.code ?? 'OK';
  const actions = async (): Promise<string[]> =>
    (await admin.data('{ auditEvents(first: 100) { nodes { action } } }')).auditEvents.nodes.map(
      ({ action }: Loose) => action as string,
    );

  it('S20 have the form voho_live_<id>_<secret><crc6>, and a mistyped one is refused without a look-up', async () => {
    const { secret, apiKey } = await make();
    expect(secret).toMatch(/^voho_live_[0-9a-f]{24}_[0-9A-Za-z]{38}$/);
    expect(secret.startsWith(`${apiKey.prefix}_`)).toBe(true);
    expect(await codeOf(withKey(secret), CALLS)).toBe('OK');

    const other = secret.at(-10) === 'x' ? 'y' : 'x';
    const mistyped = [
      `${secret.slice(0, -10)}${other}${secret.slice(-9)}`,
      `${secret}a`,
      'voho_live_',
      secret.slice(0, -1),
    ];
    const asked = await collectionsAsked(server(), async () => {
      for (const key of mistyped) expect(await codeOf(withKey(key), CALLS)).toBe('UNAUTHENTICATED');
    });
    // The server reads tenants by itself meanwhile.
    expect(asked.filter(name => ['credentials', 'apiKeys', 'users', 'sessions'].includes(name))).toEqual([]);
  });

  it('S21 leave nothing in the database that could be used', async () => {
    const { secret } = await make();
    await withKey(secret).data(CALLS);
    const everything = JSON.stringify(await stored(server()));
    expect(everything).toContain(secret.split('_')[2]);
    expect(everything).not.toContain(secret.split('_')[3]);
    expect(everything).not.toContain(secret.slice(-30, -6));
  });

  it('S22 are shown once; the list tells their beginning, their end and their last use', async () => {
    const { secret, apiKey } = await make({
      name: ' Reporting ',
      scopes: ['CALLS_READ', 'CALLS_READ', 'AUDIT_READ'],
    });
    expect(apiKey).toMatchObject({
      name: 'Reporting',
      scopes: ['CALLS_READ', 'AUDIT_READ'],
      lastFour: secret.slice(-4),
      lastUsedAt: null,
      expiresAt: null,
    });
    const read = async (): Promise<Loose> =>
      (
        await admin.data(
          'query ($id: ID!) { node(id: $id) { id ... on ApiKey { prefix lastFour lastUsedAt } } }',
          {
            id: apiKey.id,
          },
        )
      ).node;
    await withKey(secret).data(CALLS);
    for (let left = 200; (await read()).lastUsedAt === null && left > 0; left -= 1)
      await new Promise(resolve => setTimeout(resolve, 20));
    const { lastUsedAt } = await read();
    expect(lastUsedAt).toEqual(expect.any(String));
    await withKey(secret, servers[1]).data(CALLS);
    await withKey(secret).data(CALLS);
    expect((await read()).lastUsedAt).toBe(lastUsedAt);

    const { apiKeys } = await admin.data('{ apiKeys { id prefix lastFour lastUsedAt } }');
    expect(apiKeys).toContainEqual({
      id: apiKey.id,
      prefix: apiKey.prefix,
      lastFour: secret.slice(-4),
      lastUsedAt,
    });
    expect(JSON.stringify(apiKeys)).not.toContain(secret.split('_')[3]);
    expect(await actions()).toContain('api_key.created');
  });

  it('S23 open what their scopes say and nothing else', async () => {
    const { secret } = await make({ scopes: ALL_SCOPES });
    const key = withKey(secret);
    const open = [
      '{ tenant { id settings { retentionDays } } }',
      '{ branding { name } }',
      '{ viewer { id } }',
      CALLS,
    ];
    for (const query of open) expect([query, await codeOf(key, query)]).toEqual([query, 'OK']);
    expect(await key.data('{ viewer { id } tenant { id settings { retentionDays } } }')).toEqual({
      viewer: null,
      tenant: { id: tenant.id, settings: null },
    });
    const closed = [
      '{ users { nodes { id } } }',
      '{ user(id: "user_1") { id } }',
      '{ node(id: "user_1") { id } }',
      '{ invitations { id } }',
      '{ apiKeys { id } }',
      'mutation { createApiKey(input: { name: "x", scopes: [CALLS_READ] }) { secret } }',
      'mutation { inviteUser(input: { email: "a@b.example" }) { token } }',
      'mutation { updateTenant(input: { name: "x" }) { id } }',
      'mutation { logOut }',
    ];
    for (const query of closed) expect([query, await codeOf(key, query)]).toEqual([query, 'FORBIDDEN']);

    const byScope: Record<string, string> = {
      CALLS_READ: '{ dashboard { totalCalls } eventCursor calls { nodes { id } } }',
      CALLS_WRITE: 'mutation { createCall(input: { systemPrompt: "Hi." }) { id } }',
      AGENTS_READ: '{ agents { nodes { id } } }',
      AGENTS_WRITE: 'mutation { createAgent(input: { name: "x", systemPrompt: "y" }) { id } }',
      AUDIT_READ: '{ auditEvents { nodes { id } } verifyAuditLog { isIntact } }',
    };
    for (const scope of Object.keys(byScope)) {
      const narrow = withKey((await make({ scopes: [scope] })).secret);
      for (const [needed, query] of Object.entries(byScope))
        expect([scope, needed, await codeOf(narrow, query)]).toEqual([
          scope,
          needed,
          scope === needed ? 'OK' : 'FORBIDDEN',
        ]);
    }
  });

  it('S23 show of people and agents, beside calls, only what they could read by themselves', async () => {
    const { createAgent } = await admin.data(
      'mutation { createAgent(input: { name: "Ada", systemPrompt: "You are Ada." }) { id } }',
    );
    const call = await startCall(admin, { agentId: createAgent.id });
    const query = 'query ($id: ID!) { call(id: $id) { id joinUrl createdBy { email } agent { name } } }';
    const read = async (scopes: string[]) =>
      (await withKey((await make({ scopes })).secret).data(query, { id: call.id })).call;
    expect(await read(['CALLS_READ'])).toEqual({ id: call.id, joinUrl: null, createdBy: null, agent: null });
    expect(await read(['CALLS_READ', 'AGENTS_READ'])).toMatchObject({
      createdBy: null,
      agent: { name: 'Ada' },
    });
  });

  it('make calls of their own, whose joinUrl is for the very key and whose idempotency keys are nobody else’s', async () => {
    const [mine, other] = [
      withKey((await make({ scopes: ['CALLS_READ', 'CALLS_WRITE'] })).secret),
      withKey((await make({ scopes: ['CALLS_READ', 'CALLS_WRITE'] })).secret),
    ];
    const call = await startCall(mine, { idempotencyKey: 'order-1' });
    expect((await startCall(mine, { idempotencyKey: 'order-1' })).id).toBe(call.id);
    expect((await startCall(other, { idempotencyKey: 'order-1' })).id).not.toBe(call.id);
    expect((await startCall(admin, { idempotencyKey: 'order-1' })).id).not.toBe(call.id);

    await callWithStatus(mine, call.id, 'RINGING', 'IN_PROGRESS');
    const query = 'query ($id: ID!) { call(id: $id) { createdBy { id } joinUrl } }';
    const read = async (client: Client) => (await client.data(query, { id: call.id })).call;
    expect(await read(mine)).toEqual({ createdBy: null, joinUrl: expect.any(String) });
    for (const client of [other, admin])
      expect(await read(client)).toEqual({ createdBy: null, joinUrl: null });
    const user = await tenant.user();
    expect((await user.client.data(query, { id: call.id })).call).toBeNull();
    await mine.data('mutation ($id: ID!) { endCall(id: $id) { id } }', { id: call.id });
  });

  it('S23 count nowhere once they are revoked, and their streams end with 4401', async () => {
    const { secret, apiKey } = await make();
    await produceEvents(server(), tenant, { count: 1 });
    const streams = servers.flatMap(({ url }) => [
      new LiveSocket(url, secret, FEED, { after: '' }).stream,
      new EventStreamReader(url, { query: FEED, variables: { after: '' } }, { accessToken: secret }).stream,
    ]);
    for (const stream of streams) await stream.until(({ values }) => values.length > 0);
    for (const one of servers) expect(await codeOf(withKey(secret, one), CALLS)).toBe('OK');
    const { revokeApiKey } = await admin.data(REVOKE, { id: apiKey.id });
    expect(await codeOf(withKey(secret), CALLS)).toBe('UNAUTHENTICATED');
    // Elsewhere what is known of a key may be a second old, and is asked for once by then.
    expect(VIEWER_LIFETIME_MS).toBeLessThanOrEqual(1000);
    await sleep(VIEWER_LIFETIME_MS + 50);
    expect(await codeOf(withKey(secret, servers[1]), CALLS)).toBe('UNAUTHENTICATED');
    for (const stream of streams) await stream.until(({ closing }) => closing !== null);
    expect(streams.map(({ closing }) => closing?.code)).toEqual([4401, 4401, 4401, 4401]);

    expect((await admin.data(REVOKE, { id: apiKey.id })).revokeApiKey).toEqual(revokeApiKey);
    expect((await actions()).filter(action => action === 'api_key.revoked')).toHaveLength(1);
    expect(JSON.stringify(await admin.data('{ apiKeys { id } }'))).not.toContain(apiKey.id);
    const socket = await rawSocket(server().url);
    socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${String(secret)}` } });
    expect((await socket.closing()).code).toBe(4401);
    const late = new EventStreamReader(server().url, { query: FEED }, { accessToken: secret });
    expect(await late.refusal()).toEqual([401, 'UNAUTHENTICATED']);
  });

  it('S23 count no longer than they were made for, and their streams end with 4401', async () => {
    const { secret } = await make({ expiresAt: new Date(Date.now() + 3000).toISOString() });
    const streams = servers.flatMap(({ url }) => [
      new LiveSocket(url, secret, FEED).stream,
      new EventStreamReader(url, { query: FEED }, { accessToken: secret }).stream,
    ]);
    expect(await codeOf(withKey(secret), CALLS)).toBe('OK');
    for (const stream of streams) await stream.until(({ closing }) => closing !== null);
    const expired = { code: 4401, reason: 'API key expired' };
    expect(streams.map(({ closing }) => closing)).toEqual([expired, expired, expired, expired]);
    for (const stream of [streams[1], streams[3]]) {
      await stream?.until(({ isComplete }) => isComplete);
      expect(stream?.errors.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED']);
    }
    for (const one of servers) expect(await codeOf(withKey(secret, one), CALLS)).toBe('UNAUTHENTICATED');
    const refused = await admin.refusal(CREATE, {
      input: { name: 'x', scopes: ['CALLS_READ'], expiresAt: '2020-01-01T00:00:00.000Z' },
    });
    expect(refused.extensions.fields).toEqual({ 'input.expiresAt': 'must be in the future' });
  });

  it('S24 of a suspended tenant are refused', async () => {
    const suspended = await seedTenant(server());
    const { createApiKey } = await suspended.admin.client.data(CREATE, {
      input: { name: 'x', scopes: ['CALLS_READ'] },
    });
    const key = withKey(createApiKey.secret);
    expect(await codeOf(key, CALLS)).toBe('OK');
    await inTenant(server(), suspended, () =>
      server()
        .app.get(TenantDirectory)
        .update(tenantIdOf(suspended), { $set: { isActive: false } }),
    );
    expect(await codeOf(key, CALLS)).toBe('TENANT_INACTIVE');
  });

  it('S25 are compared as a whole: another secret under a known id counts as little as an unknown id', async () => {
    const [one, two] = [await make(), await make()];
    const id = fromPublicId('key', one.apiKey.id);
    if (!id) throw new Error('Not an id');
    for (const forged of [makeApiKey(id), makeApiKey(newObjectId())])
      expect(await codeOf(withKey(forged), CALLS)).toBe('UNAUTHENTICATED');
    for (const { secret } of [one, two]) expect(await codeOf(withKey(secret), CALLS)).toBe('OK');
    // What timingSafeEqual compares is of one length: SHA-256 of the whole key.
    const kept = await server().db.collection('apiKeys').find().toArray();
    for (const { hash } of kept) expect(hash).toMatch(/^[0-9a-f]{64}$/);
    for (const key of [one.secret as string, makeApiKey(id)]) expect(parseApiKey(key)?.hash).toHaveLength(32);
  });

  it('are refused where another tenant is named, and stay hidden from it', async () => {
    const other = await seedTenant(server());
    const { secret, apiKey } = await make();
    const crossed = server().client({ accessToken: secret, tenantSubdomain: other.subdomain });
    expect(await codeOf(crossed, CALLS)).toBe('TENANT_MISMATCH');
    expect(await codeOf(other.admin.client, REVOKE, { id: apiKey.id })).toBe('NOT_FOUND');
    expect((await other.admin.client.data('{ apiKeys { id } }')).apiKeys).toEqual([]);
    expect(await codeOf(withKey(secret), CALLS)).toBe('OK');
  });
});
