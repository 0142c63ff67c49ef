import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rawSocket } from '../kit/raw-socket.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const LISTED = 'https://app.example';
const METRICS_TOKEN = 'a-token-of-at-least-16';

describe('The doors', () => {
  let server: TestServer;
  let tenant: SeededTenant;

  beforeAll(async () => {
    server = await startTestServer({ env: { ALLOWED_ORIGINS: LISTED, METRICS_TOKEN } });
    tenant = await seedTenant(server);
  });
  afterAll(() => server.stop());

  it('S63 say that the server lives and is ready, and nothing else to those who may not read metrics', async () => {
    const live = await fetch(`${server.url}/health/live`);
    expect([live.status, await live.json()]).toEqual([200, { status: 'alive' }]);
    const ready = (headers: Record<string, string>) => fetch(`${server.url}/health/ready`, { headers });
    for (const headers of [{}, { authorization: 'Bearer wrong' }, tenant.admin.client.headers]) {
      const answer = await ready(headers);
      expect([answer.status, await answer.json()]).toEqual([200, { status: 'ready' }]);
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
    const told = await ready({ authorization: `Bearer ${METRICS_TOKEN}` });
    expect([told.status, await told.json()]).toEqual([
      200,
      { status: 'ready', mongodb: true, redis: true, relay: true, recordings: true, draining: false },
    ]);
  });

  it('S63 show metrics to whoever has the token alone', async () => {
    const metrics = (headers: Record<string, string>) => fetch(`${server.url}/metrics`, { headers });
    expect((await metrics({})).status).toBe(401);
    expect((await metrics({ authorization: 'Bearer wrong' })).status).toBe(401);
    const response = await metrics({ authorization: `Bearer ${METRICS_TOKEN}` });
    const text = await response.text();
    expect(response.status).toBe(200);
    expect(text).toMatch(/^voho_mongo_up 1$/m);
    expect(text).toMatch(/^voho_tenant_guard_violations_total 0$/m);
    expect(text).toMatch(
      /^voho_graphql_operation_seconds_count\{operation="signUpTenant",outcome="ok"\} 1$/m,
    );
    expect(text).not.toContain(tenant.subdomain);
    expect(text).not.toContain(tenant.admin.email);
  });

  it.each(['/', '/nothing', '/.env', '/playground', '/health', '/%2e%2e/etc/passwd', '/<script>'])(
    'answer the unknown path %s without repeating it',
    async path => {
      const response = await fetch(`${server.url}${path}`);
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
      expect(response.headers.get('x-powered-by')).toBeNull();
      expect(await response.json()).toEqual({
        errors: [
          {
            message: 'There is nothing here.',
            extensions: { code: 'NOT_FOUND', requestId: response.headers.get('x-request-id') },
          },
        ],
      });
    },
  );

  it('forbid browsers what no answer is meant for, and tell them to stay with https where that is used', async () => {
    for (const path of [
      '/health/live',
      '/graphql',
      '/nothing',
      '/recordings/call_x.wav',
      '/graphql/stream',
    ]) {
      const { headers } = await fetch(`${server.url}${path}`);
      expect([path, headers.get('content-security-policy'), headers.get('x-content-type-options')]).toEqual([
        path,
        expect.stringContaining("frame-ancestors 'none'"),
        'nosniff',
      ]);
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('strict-transport-security')).toBeNull();
    }
    const secure = await startTestServer({ env: { PUBLIC_URL: 'https://voho.example' }, beside: server });
    const { headers } = await fetch(`${secure.url}/health/live`);
    expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}/);
    await secure.stop();
  });

  describe('to pages of other origins', () => {
    const ask = (origin: string, method: string) =>
      fetch(`${server.url}/graphql`, {
        method,
        headers: {
          origin,
          ...(method === 'OPTIONS'
            ? {
                'access-control-request-method': 'POST',
                'access-control-request-headers': 'content-type,authorization',
              }
            : { 'content-type': 'application/json' }),
        },
        ...(method === 'POST' ? { body: '{"query":"{ __typename }"}' } : {}),
      });

    it.each(['OPTIONS', 'POST'])('S42 listed ones may read answers with credentials (%s)', async method => {
      const { headers } = await ask(LISTED, method);
      expect(headers.get('access-control-allow-origin')).toBe(LISTED);
      expect(headers.get('access-control-allow-credentials')).toBe('true');
      expect(headers.get('vary')).toMatch(/Origin/);
    });

    it.each([
      'null',
      'https://evil.example',
      'https://app.example.evil.example',
      'https://evil-app.example',
      'http://app.example',
      'https://APP.example.',
      '*',
    ])('S42 %s may read nothing', async origin => {
      for (const method of ['OPTIONS', 'POST']) {
        const { headers } = await ask(origin, method);
        expect(headers.get('access-control-allow-origin')).toBeNull();
        expect(headers.get('access-control-allow-credentials')).toBeNull();
      }
    });
  });
});

describe('The address of a client', () => {
  /** The addresses that the audit log keeps of a log-in over HTTP and of a change over a socket. */
  async function recorded(trustedProxies: number, forwarded: string): Promise<unknown[]> {
    const server = await startTestServer({ env: { TRUSTED_PROXIES: String(trustedProxies) } });
    try {
      const tenant = await seedTenant(server);
      const headers = { 'x-forwarded-for': forwarded };
      await server
        .client({ accessToken: tenant.admin.accessToken, headers })
        .data('mutation { updateTenant(input: { name: "By HTTP" }) { id } }');
      const socket = await (
        await rawSocket(server.url, { headers })
      ).init({ authorization: `Bearer ${tenant.admin.accessToken}` });
      await socket.run('1', 'mutation { updateTenant(input: { name: "By socket" }) { id } }');
      socket.end();
      const { auditEvents } = await tenant.admin.client.data(
        '{ auditEvents(first: 2, filter: { actions: ["tenant.updated"] }) { nodes { ip } } }',
      );
      return auditEvents.nodes.map(({ ip }: { ip: string }) => ip);
    } finally {
      await server.stop();
    }
  }

  it('S61 is what the connection says, whatever X-Forwarded-For claims', async () => {
    expect(await recorded(0, '203.0.113.1')).toEqual(['127.0.0.1', '127.0.0.1']);
  });

  it('S61 is what the last trusted proxy says, whatever stands before', async () => {
    expect(await recorded(1, '203.0.113.1, 203.0.113.2')).toEqual(['203.0.113.2', '203.0.113.2']);
  });
});
