import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TenantDirectory } from '../../src/tenancy/tenant-directory.js';
import type { AnswerError } from '../kit/answer-error.js';
import type { Client, Loose } from '../kit/client.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const UPDATE = `mutation ($input: UpdateTenantInput!) {
  updateTenant(input: $input) { name settings { retentionDays hasUltravoxApiKey } }
}`;
const REBRAND =
  'mutation ($input: UpdateBrandingInput!) { updateBranding(input: $input) { name logoUrl primaryColor } }';
const BRANDING =
  'query ($subdomain: String) { branding(subdomain: $subdomain) { name logoUrl primaryColor } }';

describe('Tenants', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let admin: Client;

  beforeAll(async () => {
    server = await startTestServer();
  });
  beforeEach(async () => {
    tenant = await seedTenant(server, 'Acme');
    admin = tenant.admin.client;
  });
  afterAll(() => server.stop());

  const update = async (input: object): Promise<Loose> => (await admin.data(UPDATE, { input })).updateTenant;
  const codeOf = async (refusal: Promise<AnswerError>) => (await refusal).extensions.code;
  const recorded = async (action: string): Promise<unknown[]> =>
    (
      await admin.data(
        'query ($filter: AuditFilter) { auditEvents(filter: $filter) { nodes { details } } }',
        {
          filter: { actions: [action] },
        },
      )
    ).auditEvents.nodes.map(({ details }: { details: unknown }) => details);

  it('S31 shows settings to admins and limits to everybody of the tenant', async () => {
    const query =
      '{ tenant { id subdomain settings { retentionDays } limits { maxConcurrentCalls monthlyCallMinutes } } }';
    const user = await tenant.user();
    const limits = { maxConcurrentCalls: 50, monthlyCallMinutes: 1000 };
    expect((await admin.data(query)).tenant).toMatchObject({
      id: tenant.id,
      settings: { retentionDays: null },
      limits,
    });
    expect((await user.client.data(query)).tenant).toMatchObject({ id: tenant.id, settings: null, limits });
    expect(await codeOf(server.client().refusal(query))).toBe('UNAUTHENTICATED');
  });

  it('changes what is given, leaves what is absent, clears what is null, and records the names of the fields', async () => {
    expect(await update({ name: 'Acme Two', retentionDays: 30 })).toEqual({
      name: 'Acme Two',
      settings: { retentionDays: 30, hasUltravoxApiKey: false },
    });
    expect(await update({ retentionDays: null })).toMatchObject({
      name: 'Acme Two',
      settings: { retentionDays: null },
    });
    await update({ name: 'Acme Two' });
    await update({});
    expect(await recorded('tenant.updated')).toEqual([
      { changed: ['retentionDays'] },
      { changed: ['name', 'retentionDays'] },
    ]);
  });

  it('S57 keeps the provider key sealed, and never shows it again', async () => {
    await update({ ultravoxApiKey: 'canary-of-a-provider-key' });
    const stored = await server.app.get(TenantDirectory).findBySubdomain(tenant.subdomain);
    expect(stored?.sealedUltravoxApiKey).toMatch(/^v1\./);
    expect(JSON.stringify(stored)).not.toContain('canary');
    expect(JSON.stringify(await recorded('tenant.updated'))).not.toContain('canary');
    expect(await update({ ultravoxApiKey: null })).toMatchObject({ settings: { hasUltravoxApiKey: false } });
    expect(await recorded('tenant.updated')).toEqual([
      { changed: ['ultravoxApiKey'], ultravoxApiKey: 'cleared' },
      { changed: ['ultravoxApiKey'], ultravoxApiKey: 'set' },
    ]);
  });

  it.each([
    [{ name: null }, 'input.name'],
    [{ name: 'a\u0007b' }, 'input.name'],
    [{ retentionDays: 0 }, 'input.retentionDays'],
    [{ retentionDays: 3651 }, 'input.retentionDays'],
    [{ ultravoxApiKey: 'two words' }, 'input.ultravoxApiKey'],
  ])('refuses %j and changes nothing', async (input, field) => {
    const { extensions } = await admin.refusal(UPDATE, { input });
    expect(extensions.code).toBe('BAD_USER_INPUT');
    expect(Object.keys(extensions.fields ?? {})).toEqual([field]);
    expect(await recorded('tenant.updated')).toEqual([]);
  });

  it('S30 lets nobody but admins change the tenant', async () => {
    const user = await tenant.user();
    expect(await codeOf(user.client.refusal(UPDATE, { input: { name: 'Mine' } }))).toBe('FORBIDDEN');
    expect(await codeOf(user.client.refusal(REBRAND, { input: { name: 'Mine' } }))).toBe('FORBIDDEN');
    expect((await user.client.data('{ tenant { name } }')).tenant.name).toBe('Acme');
  });

  it('shows its branding to everybody, by subdomain or by the tenant of the request', async () => {
    const plain = { name: 'Acme', logoUrl: null, primaryColor: '#4f46e5' };
    expect((await server.client().data(BRANDING, { subdomain: tenant.subdomain })).branding).toEqual(plain);
    const own = { name: 'ACME!', logoUrl: 'https://acme.example/logo.svg', primaryColor: '#ABCDEF' };
    await admin.data(REBRAND, { input: own });
    const named = server.client({ tenantSubdomain: tenant.subdomain });
    expect((await named.data(BRANDING)).branding).toEqual({ ...own, primaryColor: '#abcdef' });
    await admin.data(REBRAND, { input: { name: null, logoUrl: null, primaryColor: null } });
    expect((await named.data(BRANDING)).branding).toEqual(plain);
    expect(await recorded('branding.updated')).toHaveLength(2);
  });

  it('knows no branding without a tenant', async () => {
    expect(await codeOf(server.client().refusal(BRANDING))).toBe('TENANT_NOT_FOUND');
    expect(await codeOf(server.client().refusal(BRANDING, { subdomain: 'nobody' }))).toBe('TENANT_NOT_FOUND');
  });

  it('refuses logos without https and colours that are none', async () => {
    const { extensions } = await admin.refusal(REBRAND, {
      input: { logoUrl: 'http://a.example', primaryColor: 'red' },
    });
    expect(Object.keys(extensions.fields ?? {})).toEqual(['input.logoUrl', 'input.primaryColor']);
  });
});
