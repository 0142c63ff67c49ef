import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { operate } from '../kit/operate.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

describe('The operator on the command line', () => {
  let server: TestServer;
  let tenant: SeededTenant;

  beforeAll(async () => {
    server = await startTestServer({ env: { REQUESTS_PER_MINUTE: '3000' } });
    tenant = await seedTenant(server);
  });
  afterAll(() => server.stop());

  const voho = (...args: string[]) => operate(server, args);

  const recorded = async () => {
    const filter = { actions: ['tenant.suspended', 'tenant.resumed', 'tenant.limits_changed'] };
    const query =
      'query ($filter: AuditFilter) { auditEvents(filter: $filter) { nodes { action actorLabel details hash } } }';
    return (await tenant.admin.client.data(query, { filter })).auditEvents.nodes as object[];
  };

  it('lists the tenants', async () => {
    const { code, out } = await voho('tenants', 'list');
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^${tenant.subdomain} +active +50 +3000 +1000 `, 'm'));
  });

  it('closes a tenant for everybody until it is resumed, on record', async () => {
    const { client } = tenant.admin;
    expect(await voho('tenants', 'suspend', tenant.subdomain, '--reason', 'unpaid')).toMatchObject({
      code: 0,
    });
    expect((await client.refusal('{ viewer { id } }')).extensions.code).toBe('TENANT_INACTIVE');
    const stranger = server.client();
    const branding = await stranger.refusal('query ($s: String) { branding(subdomain: $s) { name } }', {
      s: tenant.subdomain,
    });
    expect(branding.extensions.code).toBe('TENANT_INACTIVE');
    const refresh = await stranger.refusal(
      'mutation ($t: String) { refreshSession(refreshToken: $t) { accessToken } }',
      {
        t: tenant.admin.refreshToken,
      },
    );
    expect(refresh.extensions.code).toBe('TENANT_INACTIVE');

    expect((await voho('tenants', 'suspend', tenant.subdomain)).out).toContain('suspended already');
    expect(await voho('tenants', 'resume', tenant.subdomain)).toMatchObject({ code: 0 });
    expect((await client.data('{ viewer { id } }')).viewer.id).toBe(tenant.admin.id);
    expect(await recorded()).toEqual([
      { action: 'tenant.resumed', actorLabel: 'operator', details: {}, hash: expect.any(String) },
      {
        action: 'tenant.suspended',
        actorLabel: 'operator',
        details: { reason: 'unpaid' },
        hash: expect.any(String),
      },
    ]);
  });

  it('sets limits, on record', async () => {
    const set = ['--max-concurrent-calls', '3', '--monthly-call-minutes', '100'];
    expect((await voho('tenants', 'limits', tenant.subdomain, ...set)).code).toBe(0);
    const { tenant: read } = await tenant.admin.client.data(
      '{ tenant { limits { maxConcurrentCalls requestsPerMinute monthlyCallMinutes } } }',
    );
    expect(read.limits).toEqual({ maxConcurrentCalls: 3, requestsPerMinute: 3000, monthlyCallMinutes: 100 });
    expect((await recorded())[0]).toMatchObject({
      action: 'tenant.limits_changed',
      details: {
        from: { maxConcurrentCalls: 50, monthlyCallMinutes: 1000 },
        to: { maxConcurrentCalls: 3, monthlyCallMinutes: 100 },
      },
    });
  });

  it('marks a sandbox: its calls are simulated though there is a provider, on record', async () => {
    const { client } = tenant.admin;
    const START = 'mutation { createCall(input: { systemPrompt: "Hello." }) { isSimulated } }';
    const key = { input: { ultravoxApiKey: 'a-key-of-its-own' } };
    await client.data('mutation ($input: UpdateTenantInput!) { updateTenant(input: $input) { id } }', key);
    expect((await client.data(START)).createCall).toEqual({ isSimulated: false });
    expect((await voho('tenants', 'sandbox', tenant.subdomain)).out).toContain('is a sandbox now');
    expect((await client.data(START)).createCall).toEqual({ isSimulated: true });
    expect((await voho('tenants', 'list')).out).toMatch(
      new RegExp(`^${tenant.subdomain} +active, sandbox `, 'm'),
    );
    expect((await voho('tenants', 'sandbox', tenant.subdomain, '--off')).code).toBe(0);
    expect((await client.data(START)).createCall).toEqual({ isSimulated: false });
    const query = 'query ($f: AuditFilter) { auditEvents(filter: $f) { nodes { details } } }';
    const { auditEvents } = await client.data(query, { f: { actions: ['tenant.sandbox_changed'] } });
    expect(auditEvents.nodes).toEqual([{ details: { isSandbox: false } }, { details: { isSandbox: true } }]);
  });

  it('checks the audit log', async () => {
    const { code, out } = await voho('audit', 'verify', tenant.subdomain);
    expect(code).toBe(0);
    expect(out).toMatch(/the audit log is intact, \d+ events, head [0-9a-f]{64}/);
  });

  it('says what is wrong, with its own exit code', async () => {
    expect(await voho('tenants', 'suspend', 'nobody')).toMatchObject({
      code: 1,
      err: 'There is no tenant "nobody".\n',
    });
    expect(await voho('tenants', 'drop', tenant.subdomain)).toMatchObject({ code: 2, out: '' });
    expect((await voho('--help')).out).toContain('Usage: voho <command>');
  });
});
