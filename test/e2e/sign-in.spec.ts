import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Metrics } from '../../src/telemetry/metrics.js';
import type { AnswerError } from '../kit/answer-error.js';
import type { Client, Loose } from '../kit/client.js';
import { longAgo } from '../kit/exchanges.js';
import { PASSWORD, seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const SESSION =
  'accessToken accessTokenExpiresAt refreshToken user { id email role } tenant { id settings { retentionDays } }';
const SIGN_UP = `mutation ($input: SignUpTenantInput!) { signUpTenant(input: $input) { ${SESSION} } }`;
const LOG_IN = `mutation ($input: LogInInput!) { logIn(input: $input) { ${SESSION} } }`;
const REFRESH = `mutation ($token: String) { refreshSession(refreshToken: $token) { ${SESSION} } }`;
const CHANGE =
  'mutation ($old: String!, $new: String!) { changePassword(currentPassword: $old, newPassword: $new) }';
const VIEWER = '{ viewer { id email lastLoginAt } }';

describe('Signing in', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let other: SeededTenant;

  beforeAll(async () => {
    server = await startTestServer();
    tenant = await seedTenant(server);
    other = await seedTenant(server);
  });
  afterAll(() => server.stop());

  const at = (tenantSubdomain: string) => server.client({ tenantSubdomain });
  const as = (accessToken: string) => server.client({ accessToken });
  const session = async (email: string, password = PASSWORD): Promise<Loose> =>
    (await at(tenant.subdomain).data(LOG_IN, { input: { email, password } })).logIn;
  const codeOf = async (refusal: Promise<AnswerError>) => (await refusal).extensions.code;
  const actions = async (client: Client): Promise<string[]> =>
    (await client.data('{ auditEvents(first: 100) { nodes { action } } }')).auditEvents.nodes.map(
      ({ action }: { action: string }) => action,
    );
  const reuses = async (): Promise<number> =>
    (await server.app.get(Metrics).securityEvents.get()).values.find(
      ({ labels }) => labels.event === 'refresh_token_reused',
    )?.value ?? 0;
  const refused = (input: object) => at(tenant.subdomain).refusal(LOG_IN, { input });

  it('makes a tenant with its first admin, who is signed in and stands in its audit log', async () => {
    const input = { subdomain: 'brand-new', name: 'New', email: ' Ada@New.example ', password: PASSWORD };
    const { signUpTenant } = await server.client().data(SIGN_UP, { input });
    expect(signUpTenant.user).toMatchObject({ email: 'ada@new.example', role: 'ADMIN' });
    expect(signUpTenant.tenant.settings).toEqual({ retentionDays: null });
    expect((await actions(as(signUpTenant.accessToken))).sort()).toEqual(['tenant.created', 'user.signup']);
  });

  it('gives a subdomain to one of those who ask for it at the same time', async () => {
    const ask = (name: string) =>
      server.client().send(SIGN_UP, {
        input: { subdomain: 'wanted', name, email: `${name}@wanted.example`, password: PASSWORD },
      });
    const answers = await Promise.all(['one', 'two', 'three'].map(ask));
    const codes = answers.map(({ errors }) => errors?.[0]?.extensions.code ?? 'OK');
    expect(codes.sort()).toEqual(['CONFLICT', 'CONFLICT', 'OK']);
  });

  it('names every wrong field of a sign-up, a reserved subdomain among them, and makes nothing', async () => {
    const input = { subdomain: 'admin', name: ' ', email: 'nobody', password: 'short' };
    const { extensions } = await server.client().refusal(SIGN_UP, { input });
    expect(extensions.code).toBe('BAD_USER_INPUT');
    expect(Object.keys(extensions.fields ?? {}).sort()).toEqual([
      'input.email',
      'input.name',
      'input.password',
      'input.subdomain',
    ]);
  });

  it('needs to be told the tenant', async () => {
    const input = { email: tenant.admin.email, password: PASSWORD };
    expect(await codeOf(server.client().refusal(LOG_IN, { input }))).toBe('TENANT_NOT_FOUND');
    expect(await codeOf(at('no-such-tenant').refusal(LOG_IN, { input }))).toBe('TENANT_NOT_FOUND');
  });

  it("does not know one tenant's users in another", async () => {
    const input = { email: tenant.admin.email, password: PASSWORD };
    expect(await codeOf(at(other.subdomain).refusal(LOG_IN, { input }))).toBe('UNAUTHENTICATED');
  });

  it('S11 answers an unknown user, a wrong password and a deactivated user with the same status and words', async () => {
    const gone = await tenant.user();
    await tenant.admin.client.data('mutation ($id: ID!) { deactivateUser(userId: $id) { isActive } }', {
      id: gone.id,
    });
    const answers = await Promise.all(
      [
        { email: 'nobody@people.example', password: PASSWORD },
        { email: tenant.admin.email, password: 'a wrong password' },
        { email: gone.email, password: PASSWORD },
      ].map(input => at(tenant.subdomain).send(LOG_IN, { input })),
    );
    const [first, ...others] = answers.map(({ status, data, errors }) =>
      JSON.stringify([status, data, errors]).replace(/"requestId":"[^"]*"/, ''),
    );
    expect(first).toContain('"code":"UNAUTHENTICATED"');
    expect(others).toEqual([first, first]);
    expect(await actions(tenant.admin.client)).toContain('user.failed_login');
  });

  it('S15 refuses a password of any other length than people type, before hashing it', async () => {
    const { extensions } = await refused({ email: tenant.admin.email, password: 'x'.repeat(50_000) });
    expect(extensions.fields).toEqual({ 'input.password': 'must have at most 200 characters' });
  });

  it('S19 opens a new session at every log-in', async () => {
    const [first, second] = [await session(tenant.admin.email), await session(tenant.admin.email)];
    expect(first.refreshToken).not.toBe(second.refreshToken);
    expect(await actions(tenant.admin.client)).toContain('user.login');
    expect((await as(first.accessToken).data(VIEWER)).viewer.lastLoginAt).toEqual(expect.any(String));
  });

  it('S19 goes on under another session id once the role has changed, with one family behind both', async () => {
    const user = await tenant.user();
    const before = await session(user.email);
    const setRole = 'mutation ($id: ID!) { setUserRole(userId: $id, role: ADMIN) { role } }';
    await tenant.admin.client.data(setRole, { id: user.id });
    const { refreshSession: after } = await server.client().data(REFRESH, { token: before.refreshToken });
    const idOf = (token: string) =>
      JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sessionId;
    expect(idOf(after.accessToken)).not.toBe(idOf(before.accessToken));
    expect(await codeOf(as(before.accessToken).refusal(VIEWER))).toBe('UNAUTHENTICATED');
    expect((await as(after.accessToken).data(VIEWER)).viewer.id).toBe(user.id);
    const { refreshSession: next } = await server.client().data(REFRESH, { token: after.refreshToken });
    expect(idOf(next.accessToken)).toBe(idOf(after.accessToken));

    await longAgo(server, before.refreshToken as string);
    await server.client().refusal(REFRESH, { token: before.refreshToken });
    expect(await codeOf(as(next.accessToken).refusal(VIEWER))).toBe('UNAUTHENTICATED');
  });

  it('S17 sets cookies that no script can read, and takes the refresh token from its cookie', async () => {
    const { headers } = await at(tenant.subdomain).send(LOG_IN, {
      input: { email: tenant.admin.email, password: PASSWORD },
    });
    const cookies = headers.getSetCookie();
    expect(cookies).toHaveLength(2);
    for (const cookie of cookies) expect(cookie).toMatch(/; Path=\/;.*HttpOnly; SameSite=Lax$/);
    const cookie = cookies.map(line => line.split(';')[0]).join('; ');
    const { refreshSession } = await server.client({ headers: { cookie, origin: server.url } }).data(REFRESH);
    expect(refreshSession.user.id).toBe(tenant.admin.id);
  });

  it('S07 ends the whole session, and no other, when a refresh token comes again later', async () => {
    const user = await tenant.user();
    const stolen = await session(user.email);
    const untouched = await session(user.email);
    const before = await reuses();
    const { refreshSession } = await server.client().data(REFRESH, { token: stolen.refreshToken });
    expect((await as(refreshSession.accessToken).data(VIEWER)).viewer.id).toBe(user.id);

    await longAgo(server, stolen.refreshToken as string);
    expect(await codeOf(server.client().refusal(REFRESH, { token: stolen.refreshToken }))).toBe(
      'UNAUTHENTICATED',
    );
    expect(await codeOf(server.client().refusal(REFRESH, { token: refreshSession.refreshToken }))).toBe(
      'UNAUTHENTICATED',
    );
    expect(await codeOf(as(refreshSession.accessToken).refusal(VIEWER))).toBe('UNAUTHENTICATED');
    expect((await as(untouched.accessToken).data(VIEWER)).viewer.id).toBe(user.id);
    expect(await actions(tenant.admin.client)).toContain('security.refresh_token_reused');
    expect(await reuses()).toBeGreaterThan(before);
  });

  it('S08 lets one of two refreshes at the same time pass, tells the other so, and ends nothing', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { refreshToken: token } = await session(tenant.admin.email);
      const answers = await Promise.all([1, 2].map(() => server.client().send(REFRESH, { token })));
      const [passed, ...others] = answers.filter(({ errors }) => !errors);
      expect([passed !== undefined, others]).toEqual([true, []]);
      const refusal = answers.find(({ errors }) => errors)?.errors?.[0];
      expect(refusal).toMatchObject({
        message: expect.stringContaining('exchanged by another request'),
        extensions: { code: 'UNAUTHENTICATED' },
      });
      expect((await as(passed?.data.refreshSession.accessToken as string).data(VIEWER)).viewer.id).toBe(
        tenant.admin.id,
      );
    }
  });

  it('S05 takes neither kind of token for the other', async () => {
    const { accessToken, refreshToken } = await session(tenant.admin.email);
    expect(await codeOf(server.client().refusal(REFRESH, { token: accessToken }))).toBe('UNAUTHENTICATED');
    expect(await codeOf(as(refreshToken).refusal(VIEWER))).toBe('UNAUTHENTICATED');
    expect(await codeOf(server.client().refusal(REFRESH))).toBe('UNAUTHENTICATED');
  });

  it("S06 refuses a refresh token where another tenant is named, and tells the token's tenant alone", async () => {
    const { refreshToken: token } = await session(tenant.admin.email);
    expect(await codeOf(at(other.subdomain).refusal(REFRESH, { token }))).toBe('TENANT_MISMATCH');
    expect(await actions(tenant.admin.client)).toContain('security.tenant_violation');
    expect(await actions(other.admin.client)).not.toContain('security.tenant_violation');
    expect((await at(tenant.subdomain).data(REFRESH, { token })).refreshSession.user.id).toBe(
      tenant.admin.id,
    );
  });

  it('S09 counts no refresh token after a log-out, a password change or a deactivation', async () => {
    const user = await tenant.user();
    const loggedOut = await session(user.email);
    expect(await as(loggedOut.accessToken).data('mutation { logOut }')).toEqual({ logOut: true });

    const left = await session(user.email);
    const kept = await session(user.email);
    await as(kept.accessToken).data(CHANGE, { old: PASSWORD, new: 'another long password' });

    const client = server.client();
    for (const { refreshToken: token, accessToken } of [loggedOut, left]) {
      expect(await codeOf(client.refusal(REFRESH, { token }))).toBe('UNAUTHENTICATED');
      expect(await codeOf(as(accessToken).refusal(VIEWER))).toBe('UNAUTHENTICATED');
    }
    expect((await as(kept.accessToken).data(VIEWER)).viewer.id).toBe(user.id);

    await tenant.admin.client.data('mutation ($id: ID!) { deactivateUser(userId: $id) { isActive } }', {
      id: user.id,
    });
    expect(await codeOf(client.refusal(REFRESH, { token: kept.refreshToken }))).toBe('UNAUTHENTICATED');
    expect(await codeOf(as(kept.accessToken).refusal(VIEWER))).toBe('UNAUTHENTICATED');
  });

  it('changes a password only for those who know the old one', async () => {
    const user = await tenant.user();
    const wrong = await user.client.refusal(CHANGE, {
      old: 'not the password',
      new: 'another long password',
    });
    expect(wrong.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: { currentPassword: 'is wrong' },
    });
    const short = await user.client.refusal(CHANGE, { old: PASSWORD, new: 'short' });
    expect(short.extensions.fields).toEqual({ newPassword: 'must have at least 10 characters' });

    await user.client.data(CHANGE, { old: PASSWORD, new: 'another long password' });
    expect(await codeOf(refused({ email: user.email, password: PASSWORD }))).toBe('UNAUTHENTICATED');
    expect((await session(user.email, 'another long password')).user.id).toBe(user.id);
    expect(await actions(tenant.admin.client)).toContain('user.password_changed');
  });

  it("ends all of one user's sessions and nobody else's", async () => {
    const user = await tenant.user();
    const [first, second] = [await session(user.email), await session(user.email)];
    await as(first.accessToken).data('mutation { logOutEverywhere }');
    for (const { accessToken } of [first, second]) {
      expect(await codeOf(as(accessToken).refusal(VIEWER))).toBe('UNAUTHENTICATED');
    }
    expect((await tenant.admin.client.data(VIEWER)).viewer.id).toBe(tenant.admin.id);
  });
});
