import { randomBytes } from 'node:crypto';
import type { Client, Loose } from './client.js';
import type { TestServer } from './server.js';

export const PASSWORD = 'correct horse battery';

/** A person of a seeded tenant, signed in. */
export interface SeededUser {
  readonly id: string;
  readonly email: string;
  readonly client: Client;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** A seeded tenant with its admin; everything is made through the public API. */
export interface SeededTenant {
  readonly id: string;
  readonly subdomain: string;
  readonly admin: SeededUser;
  /** Adds a person by invitation, signed in. */
  user(role?: 'USER' | 'ADMIN'): Promise<SeededUser>;
}

const SESSION = 'accessToken refreshToken user { id email } tenant { id subdomain }';
const unique = () => randomBytes(5).toString('hex');

/** A server, in this process or one of its own. */
type Source = Pick<TestServer, 'client'>;

/** Signs a tenant up. */
export async function seedTenant(server: Source, name = 'Tenant'): Promise<SeededTenant> {
  const subdomain = `t-${unique()}`;
  const { signUpTenant } = await server
    .client()
    .data(`mutation ($input: SignUpTenantInput!) { signUpTenant(input: $input) { ${SESSION} } }`, {
      input: { subdomain, name, email: `admin@${subdomain}.example`, password: PASSWORD },
    });
  const admin = signedIn(server, signUpTenant);
  return {
    id: signUpTenant.tenant.id as string,
    subdomain,
    admin,
    user: (role = 'USER') => seedUser(server, admin, role),
  };
}

async function seedUser(server: Source, admin: SeededUser, role: string): Promise<SeededUser> {
  const { inviteUser } = await admin.client.data(
    'mutation ($input: InviteUserInput!) { inviteUser(input: $input) { token } }',
    { input: { email: `user-${unique()}@people.example`, role } },
  );
  const { acceptInvitation } = await server
    .client()
    .data(`mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { ${SESSION} } }`, {
      input: { token: inviteUser.token, password: PASSWORD },
    });
  return signedIn(server, acceptInvitation);
}

function signedIn(server: Source, session: Loose): SeededUser {
  const { accessToken, refreshToken, user } = session as {
    accessToken: string;
    refreshToken: string;
    user: Loose;
  };
  return {
    id: user.id,
    email: user.email,
    accessToken,
    refreshToken,
    client: server.client({ accessToken }),
  };
}

/** Starts a call and returns it. */
export async function startCall(client: Client, input: Record<string, unknown> = {}): Promise<Loose> {
  const { createCall } = await client.data(
    'mutation ($input: CreateCallInput!) { createCall(input: $input) { id status joinUrl providerCallId } }',
    { input: { systemPrompt: 'Greet {{name}}.', variables: { name: 'Zaphod' }, ...input } },
  );
  return createCall;
}

/** Waits until a call has one of these statuses, and returns it. @throws after 60 s. */
export async function callWithStatus(client: Client, id: string, ...statuses: string[]): Promise<Loose> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const { call } = await client.data('query ($id: ID!) { call(id: $id) { id status endReason } }', { id });
    if (statuses.includes(call.status as string)) return call;
    if (Date.now() > deadline) throw new Error(`The call is still ${String(call.status)}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}
