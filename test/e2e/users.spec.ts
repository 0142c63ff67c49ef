import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AnswerError } from '../kit/answer-error.js';
import type { Client, Loose } from '../kit/client.js';
import { PASSWORD, seedTenant, type SeededTenant, type SeededUser } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const USER = 'query ($id: ID!) { user(id: $id) { email } }';
const USERS = `query ($first: Int, $after: String, $role: UserRole, $search: String) {
  users(first: $first, after: $after, role: $role, search: $search) {
    totalCount nodes { id email } pageInfo { endCursor hasNextPage hasPreviousPage }
  }
}`;
const SET_ROLE = 'mutation ($id: ID!, $role: UserRole!) { setUserRole(userId: $id, role: $role) { role } }';
const DEACTIVATE = 'mutation ($id: ID!) { deactivateUser(userId: $id) { isActive } }';
const REACTIVATE = 'mutation ($id: ID!) { reactivateUser(userId: $id) { isActive } }';
const INVITE = `mutation ($input: InviteUserInput!) {
  inviteUser(input: $input) { token invitation { id email role expiresAt acceptedAt } }
}`;
const ACCEPT = `mutation ($input: AcceptInvitationInput!) {
  acceptInvitation(input: $input) { accessToken user { id email name role } tenant { id settings { retentionDays } } }
}`;
const REVOKE = 'mutation ($id: ID!) { revokeInvitation(id: $id) }';
const OPEN = '{ invitations { id email acceptedAt } }';

describe('Users', () => {
  let server: TestServer;
  let other: SeededTenant;
  let tenant: SeededTenant;
  let admin: Client;
  let user: SeededUser;

  beforeAll(async () => {
    server = await startTestServer();
    other = await seedTenant(server);
  });
  beforeEach(async () => {
    tenant = await seedTenant(server);
    admin = tenant.admin.client;
    user = await tenant.user();
  });
  afterAll(() => server.stop());

  const codeOf = async (refusal: Promise<AnswerError>) => (await refusal).extensions.code;
  const invite = async (email: string, role?: string): Promise<Loose> =>
    (await admin.data(INVITE, { input: { email, ...(role && { role }) } })).inviteUser;
  const accept = (token: string, client = server.client()) =>
    client.send(ACCEPT, { input: { token, password: PASSWORD, name: 'Carl' } });
  const outcome = ({ errors }: { errors?: readonly AnswerError[] }) => errors?.[0]?.extensions.code ?? 'OK';
  const actions = async (): Promise<string[]> =>
    (await admin.data('{ auditEvents(first: 100) { nodes { action } } }')).auditEvents.nodes.map(
      ({ action }: { action: string }) => action,
    );

  it('shows a user himself, an admin everybody of the tenant, and nobody anyone else', async () => {
    const see = async (client: Client, id: string): Promise<unknown> =>
      (await client.data(USER, { id })).user;
    expect(await see(user.client, user.id)).toEqual({ email: user.email });
    expect(await see(admin, user.id)).toEqual({ email: user.email });
    expect(await see(user.client, tenant.admin.id)).toBeNull();
    expect(await see(other.admin.client, user.id)).toBeNull();
    expect(await see(admin, 'user_junk')).toBeNull();
  });

  it('pages through the users, newest first, by role and by the start of a name or address', async () => {
    const page = async (variables: Record<string, unknown>): Promise<Loose> =>
      (await admin.data(USERS, variables)).users;
    const first = await page({ first: 1 });
    expect(first).toMatchObject({ totalCount: 2, nodes: [{ id: user.id }], pageInfo: { hasNextPage: true } });
    const second = await page({ first: 1, after: first.pageInfo.endCursor });
    expect(second).toMatchObject({
      nodes: [{ id: tenant.admin.id }],
      pageInfo: { hasNextPage: false, hasPreviousPage: true },
    });
    expect((await page({ role: 'ADMIN' })).nodes).toMatchObject([{ id: tenant.admin.id }]);
    expect((await page({ search: user.email.slice(0, 12).toUpperCase() })).nodes).toMatchObject([
      { id: user.id },
    ]);
    expect((await page({ search: '.*' })).totalCount).toBe(0);
  });

  it("S28 takes no cursor of another tenant's list, no forged one and no page of any size", async () => {
    const { users } = await admin.data(USERS, { first: 1 });
    const after = users.pageInfo.endCursor as string;
    expect(await codeOf(other.admin.client.refusal(USERS, { after }))).toBe('BAD_USER_INPUT');
    expect(
      await codeOf(admin.refusal(USERS, { after: `${after.startsWith('A') ? 'B' : 'A'}${after.slice(1)}` })),
    ).toBe('BAD_USER_INPUT');
    const { extensions } = await admin.refusal(USERS, { first: 100_000, search: 'x' });
    expect(extensions.fields).toEqual({ first: 'must be at most 100' });
  });

  it('S30 lets nobody but admins manage users', async () => {
    const id = tenant.admin.id;
    for (const [query, variables] of [
      [USERS, {}],
      [OPEN, {}],
      [INVITE, { input: { email: 'eve@people.example', role: 'ADMIN' } }],
      [SET_ROLE, { id: user.id, role: 'ADMIN' }],
      [DEACTIVATE, { id }],
      [REACTIVATE, { id }],
      [REVOKE, { id: 'invitation_000000000000000000000000' }],
    ] as const) {
      expect(await codeOf(user.client.refusal(query, variables))).toBe('FORBIDDEN');
      expect(await codeOf(server.client().refusal(query, variables))).toBe('UNAUTHENTICATED');
    }
    expect((await admin.data(OPEN)).invitations).toEqual([]);
  });

  it("S26 answers another tenant's ids like unknown and malformed ones, and changes nothing", async () => {
    const ids = [other.admin.id, 'user_000000000000000000000000', 'junk'];
    for (const query of [DEACTIVATE, REACTIVATE, SET_ROLE]) {
      const answers = await Promise.all(ids.map(id => admin.refusal(query, { id, role: 'USER' })));
      expect(new Set(answers.map(({ message, extensions }) => `${extensions.code} ${message}`)).size).toBe(1);
      expect(answers[0]?.extensions.code).toBe('NOT_FOUND');
    }
    expect((await other.admin.client.data('{ viewer { role isActive } }')).viewer).toEqual({
      role: 'ADMIN',
      isActive: true,
    });
  });

  it('S10 ends what a deactivated user has open; reactivation lets him sign in anew', async () => {
    expect(await admin.data(DEACTIVATE, { id: user.id })).toEqual({ deactivateUser: { isActive: false } });
    expect(await codeOf(user.client.refusal('{ viewer { id } }'))).toBe('UNAUTHENTICATED');
    expect(await admin.data(REACTIVATE, { id: user.id })).toEqual({ reactivateUser: { isActive: true } });
    expect(await codeOf(user.client.refusal('{ viewer { id } }'))).toBe('UNAUTHENTICATED');
    const { logIn } = await server
      .client({ tenantSubdomain: tenant.subdomain })
      .data('mutation ($input: LogInInput!) { logIn(input: $input) { user { id } } }', {
        input: { email: user.email, password: PASSWORD },
      });
    expect(logIn.user.id).toBe(user.id);
    expect((await actions()).filter(action => action.endsWith('activated')).sort()).toEqual([
      'user.deactivated',
      'user.reactivated',
    ]);
  });

  it('gives rights and takes them away at once, and records only real changes', async () => {
    await admin.data(SET_ROLE, { id: user.id, role: 'ADMIN' });
    await admin.data(SET_ROLE, { id: user.id, role: 'ADMIN' });
    expect((await user.client.data(OPEN)).invitations).toEqual([]);
    await admin.data(SET_ROLE, { id: user.id, role: 'USER' });
    expect(await codeOf(user.client.refusal(OPEN))).toBe('FORBIDDEN');
    expect((await actions()).filter(action => action === 'user.role_changed')).toHaveLength(2);
  });

  it('S32 keeps the last active admin admin and active', async () => {
    const { id } = tenant.admin;
    expect(await codeOf(admin.refusal(SET_ROLE, { id, role: 'USER' }))).toBe('CONFLICT');
    expect(await codeOf(admin.refusal(DEACTIVATE, { id }))).toBe('CONFLICT');
    const second = await tenant.user('ADMIN');
    await admin.data(DEACTIVATE, { id: second.id });
    expect(await codeOf(admin.refusal(DEACTIVATE, { id }))).toBe('CONFLICT');
  });

  it('S32 keeps an admin also when two admins take each other away at the same time', async () => {
    for (let round = 0; round < 6; round += 1) {
      const own = await seedTenant(server);
      const [first, second] = [own.admin, await own.user('ADMIN')];
      const takeAway = round % 2 === 0 ? DEACTIVATE : SET_ROLE;
      const answers = await Promise.all([
        first.client.send(takeAway, { id: second.id, role: 'USER' }),
        second.client.send(SET_ROLE, { id: first.id, role: 'USER' }),
      ]);
      expect(answers.map(outcome).filter(code => code === 'OK')).toHaveLength(1);
      const rest = await Promise.all([first, second].map(({ client }) => client.send(OPEN)));
      expect(rest.map(outcome).filter(code => code === 'OK')).toHaveLength(1);
    }
  });

  it('S18 makes an invited person a user once, with the invited address and role', async () => {
    const { token, invitation } = await invite('Carl@People.example');
    expect(invitation).toMatchObject({ email: 'carl@people.example', role: 'USER', acceptedAt: null });
    const days = (new Date(invitation.expiresAt as string).getTime() - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(6.9);
    expect(days).toBeLessThanOrEqual(7);

    const answers = await Promise.all([accept(token), accept(token)]);
    expect(answers.map(outcome).sort()).toEqual(['BAD_USER_INPUT', 'OK']);
    const joined = answers.find(({ errors }) => !errors)?.data.acceptInvitation;
    expect(joined.user).toMatchObject({ email: 'carl@people.example', name: 'Carl', role: 'USER' });
    expect(joined.tenant).toEqual({ id: tenant.id, settings: null });
    expect((await admin.data(OPEN)).invitations).toEqual([]);
    expect(await actions()).toEqual(expect.arrayContaining(['user.invited', 'user.joined']));
    expect(await codeOf(admin.refusal(INVITE, { input: { email: 'carl@people.example' } }))).toBe('CONFLICT');
  });

  it('replaces an open invitation of the same address, also when asked several times at once', async () => {
    const first = await invite('dora@people.example');
    const again = await Promise.all([1, 2, 3].map(() => invite('DORA@people.example', 'ADMIN')));
    const { invitations } = await admin.data(OPEN);
    expect(invitations).toHaveLength(1);
    const used = [first, ...again].filter(({ invitation }) => invitation.id !== invitations[0].id);
    for (const { token } of used) {
      const { errors } = await accept(token as string);
      expect(errors?.[0]?.extensions.fields).toEqual({ 'input.token': 'is not an open invitation' });
    }
  });

  it("takes invitations back, its own tenant's only", async () => {
    const { token, invitation } = await invite('eve@people.example');
    const { id } = invitation as { id: string };
    expect(await codeOf(other.admin.client.refusal(REVOKE, { id }))).toBe('NOT_FOUND');
    expect(await admin.data(REVOKE, { id })).toEqual({ revokeInvitation: id });
    expect(await codeOf(admin.refusal(REVOKE, { id }))).toBe('NOT_FOUND');
    expect(outcome(await accept(token as string))).toBe('BAD_USER_INPUT');
    expect(await actions()).toContain('invitation.revoked');
  });

  it('S06 refuses an invitation where another tenant is named, and leaves it open', async () => {
    const { token } = await invite('fay@people.example');
    const elsewhere = server.client({ tenantSubdomain: other.subdomain });
    expect(outcome(await accept(token as string, elsewhere))).toBe('TENANT_MISMATCH');
    expect(outcome(await accept(token as string))).toBe('OK');
  });

  it('S33 knows the same address in two tenants as two people', async () => {
    await invite(other.admin.email);
    expect((await admin.data(OPEN)).invitations).toMatchObject([{ email: other.admin.email }]);
  });
});
