import { Client, type Loose } from '../kit/client.js';

const PASSWORD = 'correct horse battery';
const SUBDOMAIN = 'schemathesis';
const SESSION = 'accessToken refreshToken user { id }';

/** What the driver is told of the tenant: who asks, and what is there to be asked for. */
export interface SeededTenant {
  readonly subdomain: string;
  readonly password: string;
  /** Access tokens by role. */
  readonly tokens: Readonly<Record<'ADMIN' | 'USER', string>>;
  /** Ids of those who sign in: nothing may happen to them. */
  readonly keptPeople: readonly string[];
  /** Ids that may be read, changed and deleted. */
  readonly ids: readonly string[];
}

/** Signs a tenant up that has some of everything. */
export async function seedTenant(url: string): Promise<SeededTenant> {
  const anybody = new Client(url);
  const { signUpTenant }: Loose = await anybody.data(
    `mutation ($input: SignUpTenantInput!) { signUpTenant(input: $input) { ${SESSION} tenant { id } } }`,
    {
      input: {
        subdomain: SUBDOMAIN,
        name: 'Schemathesis',
        email: 'admin@schemathesis.example',
        password: PASSWORD,
      },
    },
  );
  const admin = new Client(url, { accessToken: signUpTenant.accessToken as string });
  const invite = async (email: string): Promise<Loose> => {
    const { inviteUser }: Loose = await admin.data(
      'mutation ($input: InviteUserInput!) { inviteUser(input: $input) { token invitation { id } } }',
      { input: { email } },
    );
    return inviteUser;
  };
  const join = async (email: string): Promise<Loose> => {
    const { token } = await invite(email);
    const { acceptInvitation }: Loose = await anybody.data(
      `mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { ${SESSION} } }`,
      { input: { token, password: PASSWORD } },
    );
    return acceptInvitation;
  };
  const user = await join('user@schemathesis.example');
  const ids: string[] = [signUpTenant.tenant.id as string];
  for (let index = 1; index <= 3; index += 1) {
    ids.push((await join(`spare-${index}@schemathesis.example`)).user.id as string);
    ids.push((await invite(`guest-${index}@schemathesis.example`)).invitation.id as string);
    ids.push(...(await makeThings(admin)));
  }
  const tokens = { ADMIN: signUpTenant.accessToken as string, USER: user.accessToken as string };
  const keptPeople = [signUpTenant.user.id, user.user.id] as string[];
  return { subdomain: SUBDOMAIN, password: PASSWORD, tokens, keptPeople, ids };
}

/** One of each thing that an admin makes; returns their ids. */
async function makeThings(admin: Client): Promise<string[]> {
  const made: Loose = await admin.data(
    `mutation ($agent: CreateAgentInput!, $call: CreateCallInput!, $webhook: CreateWebhookInput!, $key: CreateApiKeyInput!) {
      createAgent(input: $agent) { id }
      createCall(input: $call) { id }
      createWebhook(input: $webhook) { webhook { id } }
      createApiKey(input: $key) { apiKey { id } }
    }`,
    {
      agent: { name: 'Agent', systemPrompt: 'Greet.' },
      call: { systemPrompt: 'Greet.' },
      webhook: { url: 'https://127.0.0.1:9/hook', events: ['CALL_STATUS_CHANGED'] },
      key: { name: 'Key', scopes: ['CALLS_READ'] },
    },
  );
  return [
    made.createAgent.id,
    made.createCall.id,
    made.createWebhook.webhook.id,
    made.createApiKey.apiKey.id,
  ] as string[];
}
