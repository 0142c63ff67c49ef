import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeApiKey } from '../../src/auth/api-key-format.js';
import { VISITOR_KEY_LIFETIME_MS } from '../../src/data-keys/data-keys.js';
import { fromPublicId, toPublicId } from '../../src/ids/public-id.js';
import { SignedLinks } from '../../src/links/signed-links.js';
import { RefusalLog } from '../../src/modules/audit/refusal-log.js';
import { newObjectId, type ObjectId } from '../../src/mongo/object-id.js';
import type { Credential, Loose } from '../kit/client.js';
import { EventStreamReader } from '../kit/event-stream-reader.js';
import { tenantIdOf } from '../kit/events.js';
import { collectionsAsked } from '../kit/profile.js';
import { rawSocket } from '../kit/raw-socket.js';
import { PASSWORD, seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const VIEWER = '{ viewer { id } }';
const LOG_IN = 'mutation ($input: LogInInput!) { logIn(input: $input) { user { id } } }';
const REFRESH = 'mutation ($token: String) { refreshSession(refreshToken: $token) { user { id } } }';
const CALLS = 'query ($after: String) { calls(first: 1, after: $after) { pageInfo { endCursor } } }';
const MANY = 12;

const rowsOf = async ({ admin }: SeededTenant, action: string): Promise<Loose[]> => {
  const query = 'query ($a: [String!]) { auditEvents(filter: { actions: $a }) { nodes { details } } }';
  return (await admin.client.data(query, { a: [action] })).auditEvents.nodes as Loose[];
};
/** How many refusals the rows tell of. */
const told = (rows: readonly Loose[]): number =>
  rows.reduce((sum: number, { details }) => sum + ((details.count as number | undefined) ?? 1), 0);

describe('Refusals that come again and again', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let other: SeededTenant;

  beforeAll(async () => {
    server = await startTestServer({ env: { TRUSTED_PROXIES: '1', WRONG_PASSWORDS_PER_ADDRESS: '500' } });
    [tenant, other] = [await seedTenant(server), await seedTenant(server)];
  });
  afterAll(() => server.stop());

  const from = (ip: string, credential: Credential = {}) =>
    server.client({ ...credential, headers: { 'x-forwarded-for': ip } });
  const times = async (count: number, work: (index: number) => Promise<unknown>) => {
    for (let index = 0; index < count; index += 1) await work(index);
  };
  const keyOfTenant = async (): Promise<ObjectId> => {
    const { createApiKey } = await tenant.admin.client.data(
      'mutation { createApiKey(input: { name: "k", scopes: [CALLS_READ] }) { apiKey { id } } }',
    );
    return fromPublicId('key', createApiKey.apiKey.id as string) as ObjectId;
  };

  it.each<[string, string, () => Promise<(index: number) => Promise<unknown>>]>([
    [
      'names of other tenants over HTTP, each another one',
      'security.tenant_violation',
      async () => {
        const { accessToken } = await tenant.user();
        return index => server.client({ accessToken, tenantSubdomain: `made-up-${index}` }).refusal(VIEWER);
      },
    ],
    [
      'names of other tenants over sockets',
      'security.tenant_violation',
      async () => {
        const { accessToken } = await tenant.user();
        return async () => {
          const socket = await rawSocket(server.url);
          const payload = { authorization: `Bearer ${accessToken}`, 'x-tenant-subdomain': other.subdomain };
          socket.send({ type: 'connection_init', payload });
          await socket.closing();
        };
      },
    ],
    [
      'names of other tenants over server-sent events',
      'security.tenant_violation',
      async () => {
        const { accessToken } = await tenant.user();
        const credential = { accessToken, headers: { 'x-tenant-subdomain': other.subdomain } };
        return () => new EventStreamReader(server.url, { query: VIEWER }, credential).refusal();
      },
    ],
    [
      'failed log-ins, each for another address',
      'user.failed_login',
      () => {
        const client = from('203.0.113.1', { tenantSubdomain: tenant.subdomain });
        return Promise.resolve((index: number) =>
          client.refusal(LOG_IN, { input: { email: `n${index}@people.example`, password: PASSWORD } }),
        );
      },
    ],
    [
      'API keys with another secret than theirs',
      'security.api_key_refused',
      async () => {
        const id = await keyOfTenant();
        return () => from('203.0.113.2', { accessToken: makeApiKey(id) }).refusal(VIEWER);
      },
    ],
    [
      'refresh tokens of another tenant',
      'security.tenant_violation',
      async () => {
        const { refreshToken: token } = await tenant.user();
        return () => from('203.0.113.3', { tenantSubdomain: other.subdomain }).refusal(REFRESH, { token });
      },
    ],
    [
      'cursors of another tenant',
      'security.tenant_violation',
      async () => {
        await other.admin.client.data('mutation { createCall(input: { systemPrompt: "Greet." }) { id } }');
        const after = (await other.admin.client.data(CALLS)).calls.pageInfo.endCursor as string;
        const { client } = await tenant.user();
        return () => client.refusal(CALLS, { after });
      },
    ],
    [
      'what a role does not allow',
      'security.access_denied',
      async () => {
        const { client } = await tenant.user();
        return () => client.refusal('mutation { updateTenant(input: { name: "Mine" }) { id } }');
      },
    ],
  ])('have one row a minute, with a count: %s', async (_what, action, prepare) => {
    const refuse = await prepare();
    const before = await rowsOf(tenant, action);
    await times(MANY, refuse);
    expect(await rowsOf(tenant, action)).toHaveLength(before.length + 1);
    await server.app.get(RefusalLog).flush();
    const after = await rowsOf(tenant, action);
    expect([after.length, told(after)]).toEqual([before.length + 2, told(before) + MANY]);
    expect(after[0]?.details.count).toBe(MANY - 1);
  });

  it('have rows for some senders and one for all others, however many addresses they come from', async () => {
    const id = await keyOfTenant();
    const before = await rowsOf(tenant, 'security.api_key_refused');
    await times(60, index => from(`198.51.100.${index}`, { accessToken: makeApiKey(id) }).refusal(VIEWER));
    await server.app.get(RefusalLog).flush();
    const after = await rowsOf(tenant, 'security.api_key_refused');
    expect(after.length - before.length).toBeLessThanOrEqual(22);
    expect(told(after)).toBe(told(before) + 60);
  });

  it('leave no key for ever of addresses that strangers have typed', async () => {
    const fresh = await seedTenant(server);
    const client = from('203.0.113.20', { tenantSubdomain: fresh.subdomain });
    await times(30, index =>
      client.refusal(LOG_IN, { input: { email: `stranger${index}@people.example`, password: PASSWORD } }),
    );
    const reset = 'mutation ($email: String!) { requestPasswordReset(email: $email) }';
    await times(3, index => client.data(reset, { email: `reset${index}@people.example` }));
    await server.app.get(RefusalLog).flush();
    const keys = await server.db
      .collection('dataKeys')
      .find({ tenantId: tenantIdOf(fresh) })
      .toArray();
    const visitors = keys.filter(({ subject }) => String(subject).startsWith('visitor:'));
    // Two rows of log-ins, and one for each request of a reset.
    expect(visitors).toHaveLength(5);
    expect(keys.filter(({ subject }) => String(subject).startsWith('address:'))).toEqual([]);
    for (const { expiresAt } of visitors)
      expect(Math.abs((expiresAt as Date).getTime() - Date.now() - VISITOR_KEY_LIFETIME_MS)).toBeLessThan(
        120_000,
      );
    const [latest] = await rowsOf(fresh, 'user.failed_login');
    expect(latest?.details).toEqual({ email: 'stranger29@people.example', count: 29 });
  });

  it('are written by a server that stops', async () => {
    const second = await startTestServer({ beside: server, env: { TRUSTED_PROXIES: '1' } });
    const { accessToken } = await tenant.user();
    const before = told(await rowsOf(tenant, 'security.tenant_violation'));
    await times(5, () => second.client({ accessToken, tenantSubdomain: other.subdomain }).refusal(VIEWER));
    await second.stop();
    expect(told(await rowsOf(tenant, 'security.tenant_violation'))).toBe(before + 5);
  });
});

describe('Requests beyond their limit', () => {
  const LIMIT = 30;
  /** Refusals that are told at once; those behind them come late. */
  const BEYOND = 6;
  const LOOKED_UP = [
    'tenants',
    'credentials',
    'apiKeys',
    'sessions',
    'users',
    'auditEvents',
    'dataKeys',
    'callRoutes',
    'calls',
  ];
  /** What some work reads each time that it is done: the server reads tenants and calls by itself now and then. */
  const lookedUp = async (work: () => Promise<void>): Promise<string[]> => {
    let always = LOOKED_UP;
    for (let times = 0; times < 4 && always.length > 0; times += 1) {
      const asked = await collectionsAsked(server, work);
      always = always.filter(collection => asked.includes(collection));
    }
    return always;
  };
  let server: TestServer;
  let tenant: SeededTenant;
  let other: SeededTenant;

  beforeAll(async () => {
    server = await startTestServer({ env: { TRUSTED_PROXIES: '1', REQUESTS_PER_MINUTE: String(LIMIT) } });
    [tenant, other] = [await seedTenant(server), await seedTenant(server)];
  });
  afterAll(() => server.stop());

  const overHttp = async (headers: Record<string, string>) =>
    (await server.client({ headers }).send('{ __typename }')).errors?.[0]?.extensions.code ?? 'OK';
  const overStream = async (headers: Record<string, string>) => {
    const refusal = await new EventStreamReader(
      server.url,
      { query: '{ __typename }' },
      { headers },
    ).refusal();
    return refusal[1];
  };
  const overSocket = async (headers: Record<string, string>) => {
    const socket = await rawSocket(server.url, { headers });
    socket.send({ type: 'connection_init', payload: {} });
    return (await socket.closing()).code === 1013 ? 'RATE_LIMITED' : 'closed';
  };

  let addresses = 0;
  const forged = () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    return `${part({ alg: 'HS256', typ: 'at+jwt' })}.${part({ tenantId: tenant.id })}.AAAA`;
  };

  it.each<[string, (index: number) => Record<string, string>]>([
    ['made-up tenants', index => ({ 'x-tenant-subdomain': `made-up-${index}` })],
    ['made-up API keys', () => ({ authorization: `Bearer ${makeApiKey(newObjectId())}` })],
    ['forged tokens', () => ({ authorization: `Bearer ${forged()}` })],
    ['hosts of tenants', () => ({ 'x-forwarded-host': `${tenant.subdomain}.voho.localhost` })],
  ])('cost no look-up and leave no record, at any door: %s', async (_what, headersOf) => {
    addresses += 1;
    const ip = `203.0.113.${addresses}`;
    const headers = (index: number) => ({ 'x-forwarded-for': ip, ...headersOf(index) });
    for (let sent = 0; sent < LIMIT; sent += 1) await overHttp(headers(sent));
    const codes: unknown[] = [];
    const asked = await lookedUp(async () => {
      for (let sent = 0; sent < BEYOND; sent += 1) {
        for (const send of [overHttp, overStream, overSocket]) codes.push(await send(headers(100 + sent)));
      }
    });
    expect(codes).toEqual(codes.map(() => 'RATE_LIMITED'));
    expect(asked).toEqual([]);
  });

  it.each(['recordings', 'exports'])('by links to %s cost no look-up', async purpose => {
    const links = server.app.get(SignedLinks);
    const file = purpose === 'exports' ? 'x.ndjson.gz' : `${toPublicId('call', newObjectId())}.wav`;
    const { url } = links.issue(purpose as 'recordings' | 'exports', file, 60_000);
    const local = url.replace(server.settings.PUBLIC_URL, server.url);
    addresses += 1;
    const headers = { 'x-forwarded-for': `203.0.113.${addresses}` };
    const statusOf = async () => (await fetch(local, { headers })).status;
    for (let sent = 0; sent < LIMIT; sent += 1) expect(await statusOf()).toBe(404);
    const statuses: number[] = [];
    const asked = await lookedUp(async () => {
      for (let sent = 0; sent < BEYOND; sent += 1) statuses.push(await statusOf());
    });
    expect(new Set(statuses)).toEqual(new Set([429]));
    expect(asked).toEqual([]);
  });

  it('with a credential of one’s own and another tenant’s name leave no record', async () => {
    const { accessToken } = await tenant.user();
    const client = server.client({ accessToken, tenantSubdomain: other.subdomain });
    const codes: unknown[] = [];
    for (let sent = 0; sent < LIMIT; sent += 1)
      codes.push((await client.refusal('{ __typename }')).extensions.code);
    expect(codes.slice(0, 10)).toEqual(Array(10).fill('TENANT_MISMATCH'));
    expect(codes.at(-1)).toBe('RATE_LIMITED');
    const stored = { tenantId: tenantIdOf(tenant), action: 'security.tenant_violation' };
    expect(await server.db.collection('auditEvents').countDocuments(stored)).toBe(1);
    // The other tenant, whose name was used, has all of its own.
    expect((await other.admin.client.data('{ tenant { id } }')).tenant.id).toBe(other.id);
  });

  it('of a program behind the address of a flood are none: a key that has counted is looked up all the same', async () => {
    const fresh = await seedTenant({
      client: credential => server.client({ ...credential, headers: { 'x-forwarded-for': '192.0.2.1' } }),
    });
    const { createApiKey } = await server
      .client({ accessToken: fresh.admin.accessToken })
      .data('mutation { createApiKey(input: { name: "k", scopes: [CALLS_READ] }) { secret } }');
    const headers = { 'x-forwarded-for': '192.0.2.7' };
    const program = server.client({ accessToken: createApiKey.secret as string, headers });
    await program.data('{ calls { totalCount } }');
    for (let sent = 0; sent < LIMIT + 2; sent += 1) await overHttp({ ...headers, 'x-tenant-subdomain': 'x' });
    await new Promise(resolve => setTimeout(resolve, 1100));
    expect((await program.data('{ calls { totalCount } }')).calls.totalCount).toBe(0);
  });
});
