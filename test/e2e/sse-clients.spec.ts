import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Client, createClient, NetworkError } from 'graphql-sse';
import {
  FEED,
  type HeardEvent,
  inTenant,
  produceEvents,
  sequencesByCall,
  tenantIdOf,
  upTo,
} from '../kit/events.js';
import { PASSWORD, seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { until } from '../kit/until.js';
import type { AnswerError } from '../kit/answer-error.js';
import { TenantDirectory } from '../../src/tenancy/tenant-directory.js';

/** What the client of graphql-sse hands to its application, in order. */
interface Told {
  readonly events: HeardEvent[];
  readonly errors: AnswerError[];
  end: 'complete' | { readonly thrown: unknown } | null;
  connections: number;
}

describe('The client of graphql-sse', () => {
  let server: TestServer;
  const clients: Client[] = [];

  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(async () => {
    for (const client of clients) client.dispose();
    await server.stop();
  });

  function follow(url: string, token: () => string, after: string, retryAttempts = 0): Told {
    const told: Told = { events: [], errors: [], end: null, connections: 0 };
    const client = createClient({
      url: `${url}/graphql/stream`,
      headers: () => ({ authorization: `Bearer ${token()}` }),
      retryAttempts,
      retry: () => new Promise(resolve => setTimeout(resolve, 50)),
      on: {
        connected: () => {
          told.connections += 1;
        },
      },
    });
    clients.push(client);
    const variables = { after };
    client.subscribe<{ callEvents: HeardEvent }>(
      { query: FEED, variables },
      {
        next: ({ data, errors }) => {
          if (errors) told.errors.push(...(errors as unknown as AnswerError[]));
          if (!data) return;
          told.events.push(data.callEvents);
          // The client repeats the variables that it was given when it comes back.
          variables.after = data.callEvents.cursor;
        },
        error: thrown => (told.end = { thrown }),
        complete: () => (told.end = 'complete'),
      },
    );
    return told;
  }

  it.each<[string, string, (tenant: SeededTenant) => Promise<unknown>]>([
    ['logs out', 'UNAUTHENTICATED', ({ admin }) => admin.client.data('mutation { logOut }')],
    [
      'has a tenant that is suspended',
      'TENANT_INACTIVE',
      tenant =>
        inTenant(server, tenant, () =>
          server.app.get(TenantDirectory).update(tenantIdOf(tenant), { $set: { isActive: false } }),
        ),
    ],
  ])('is told an error with its code, and the end, when its user %s', async (_what, code, lose) => {
    const tenant = await seedTenant(server);
    await produceEvents(server, tenant, { count: 1 });
    const told = follow(server.url, () => tenant.admin.accessToken, '', 5);
    await until(async () => told.events.length === 1, 'the first event');
    await lose(tenant);
    await until(async () => told.end !== null, 'the end');
    expect(told.end).toBe('complete');
    expect(told.errors.map(({ extensions }) => extensions.code)).toEqual([code]);
    expect(told.errors[0]?.extensions.requestId).toEqual(expect.any(String));
    expect(told.connections).toBe(1);
  });

  it('is told an error with its code when its API key expires', async () => {
    const tenant = await seedTenant(server);
    const { createApiKey } = await tenant.admin.client.data(
      'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
      {
        input: {
          name: 'brief',
          scopes: ['CALLS_READ'],
          expiresAt: new Date(Date.now() + 2500).toISOString(),
        },
      },
    );
    const told = follow(server.url, () => createApiKey.secret as string, '', 5);
    await until(async () => told.end !== null, 'the end');
    expect([told.end, told.errors.map(({ extensions }) => extensions.code)]).toEqual([
      'complete',
      ['UNAUTHENTICATED'],
    ]);
  });

  it('comes back by itself with a fresh access token when the old one expires, and misses nothing', async () => {
    const brief = await startTestServer({ beside: server, env: { ACCESS_TOKEN_TTL: '2s' } });
    const tenant = await seedTenant(brief);
    const long = await server
      .client({ tenantSubdomain: tenant.subdomain })
      .data('mutation ($input: LogInInput!) { logIn(input: $input) { accessToken } }', {
        input: { email: tenant.admin.email, password: PASSWORD },
      });
    let token = tenant.admin.accessToken;
    const told = follow(brief.url, () => token, '', 5);
    const first = await produceEvents(brief, tenant, { count: 3 });
    await until(async () => told.events.length === 3, 'the first events');
    token = long.logIn.accessToken as string;
    await until(async () => told.connections === 2, 'the second connection');
    const second = await produceEvents(brief, tenant, { count: 3 });
    await until(async () => told.events.length >= 6, 'the later events');
    expect(sequencesByCall(told.events)).toEqual({ [first]: upTo(3), [second]: upTo(3) });
    expect([told.errors, told.end]).toEqual([[], null]);
    await brief.stop();
  });

  it('hears of a stopping server as of a network that broke, after all that was sent before', async () => {
    const tenant = await seedTenant(server);
    const other = await startTestServer({ beside: server });
    await produceEvents(server, tenant, { count: 3 });
    const told = follow(other.url, () => tenant.admin.accessToken, '');
    await until(async () => told.events.length === 3, 'the events');
    await other.stop();
    await until(async () => told.end !== null, 'the end');
    expect(told.end).toEqual({ thrown: expect.any(NetworkError) });
    expect(told.errors).toEqual([]);
  });
});
