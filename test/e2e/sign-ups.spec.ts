import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '../kit/client.js';
import { MailServer, type ReceivedMail } from '../kit/mail-server.js';
import { operate } from '../kit/operate.js';
import { callWithStatus, PASSWORD, seedTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { stored } from '../kit/stored.js';

const SIGN_UP = `mutation ($input: SignUpTenantInput!) {
  signUpTenant(input: $input) { accessToken tenant { id subdomain isVerified limits { maxConcurrentCalls monthlyCallMinutes } } user { email } }
}`;
const VERIFY = 'mutation ($token: String!) { verifyEmail(token: $token) }';
const CALL = 'mutation ($input: CreateCallInput!) { createCall(input: $input) { id status } }';
const INVITE = 'mutation ($email: String!) { inviteUser(input: { email: $email }) { token } }';
const PRODUCTION = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://voho.example',
  BASE_DOMAIN: 'voho.example',
  ULTRAVOX_BASE_URL: 'https://provider.example',
};

let count = 0;
const signUpOf = (over: Record<string, unknown> = {}) => {
  count += 1;
  const subdomain = `new-${Date.now().toString(36)}-${count}`;
  return { subdomain, name: 'New', email: `admin@${subdomain}.example`, password: PASSWORD, ...over };
};
const tokenOf = ({ text }: ReceivedMail): string =>
  new URL(/https?:\S+/.exec(text)?.[0] ?? '').hash.slice('#token='.length);
const codeOf = (answer: { errors?: readonly { extensions: { code: string } }[] }) =>
  answer.errors?.[0]?.extensions.code;

describe('In production', () => {
  let server: TestServer;
  let mails: MailServer;

  beforeAll(async () => {
    mails = await MailServer.start();
    server = await startTestServer({
      env: {
        ...PRODUCTION,
        SIGN_UPS: 'open',
        SMTP_URL: mails.url,
        APP_URL: 'https://{subdomain}.app.example',
      },
    });
  });
  afterAll(async () => {
    await server.stop();
    await mails.stop();
  });

  /** A new tenant with its admin's client and the mail that it got. */
  async function signUp(over: Record<string, unknown> = {}) {
    const input = signUpOf(over);
    const { signUpTenant } = await server.client().data(SIGN_UP, { input });
    const mail = await mails.mailTo(input.email, 'verifyEmail');
    return {
      input,
      tenant: signUpTenant.tenant,
      client: server.client({ accessToken: signUpTenant.accessToken as string }),
      mail,
    };
  }
  const isVerified = async (client: Client) =>
    (await client.data('{ tenant { isVerified } }')).tenant.isVerified as boolean;

  it('a new tenant has 1,000 minutes a month, and a mail with a token that is stored nowhere', async () => {
    const { input, tenant, mail } = await signUp();
    expect(tenant).toMatchObject({ isVerified: false, limits: { monthlyCallMinutes: 1000 } });
    expect(mail.text).toContain(`https://${input.subdomain}.app.example/verify-email#token=`);
    expect(JSON.stringify(await stored(server))).not.toContain(tokenOf(mail));
  });

  it.each([
    ['make web calls', CALL, { input: { systemPrompt: 'Hello.' } }],
    [
      'make phone calls',
      CALL,
      { input: { systemPrompt: 'Hello.', medium: 'PHONE', phoneNumber: '+4915112345678' } },
    ],
    ['invite people', INVITE, { email: 'stranger@people.example' }],
  ])(
    'a new tenant may not %s until its address is verified, and nothing is stored',
    async (_what, query, variables) => {
      const { client, mail } = await signUp();
      const refusal = await client.refusal(query, variables);
      expect(refusal.extensions.code).toBe('FORBIDDEN');
      expect(refusal.message).toContain('verifyEmail');
      const { calls, invitations } = await client.data('{ calls { nodes { id } } invitations { id } }');
      expect([calls.nodes, invitations]).toEqual([[], []]);
      expect(await server.client().data(VERIFY, { token: tokenOf(mail) })).toEqual({ verifyEmail: true });
      expect(codeOf(await client.send(query, variables))).toBeUndefined();
    },
  );

  it('a new tenant may do all else before its address is verified', async () => {
    const { client } = await signUp();
    await client.data('mutation { createAgent(input: { name: "x", systemPrompt: "y" }) { id } }');
    await client.data('mutation { updateTenant(input: { retentionDays: 30 }) { id } }');
    await client.data('mutation { createApiKey(input: { name: "k", scopes: [CALLS_WRITE] }) { secret } }');
    await client.data('{ auditEvents { nodes { id } } usage { calls } }');
  });

  it('an API key of a tenant that is not verified makes no calls either', async () => {
    const { client } = await signUp();
    const { createApiKey } = await client.data(
      'mutation { createApiKey(input: { name: "k", scopes: [CALLS_WRITE] }) { secret } }',
    );
    const program = server.client({ accessToken: createApiKey.secret as string });
    expect((await program.refusal(CALL, { input: { systemPrompt: 'Hello.' } })).extensions.code).toBe(
      'FORBIDDEN',
    );
  });

  it('a token verifies its own tenant once, on record, and no other one', async () => {
    const [one, other] = [await signUp(), await signUp()];
    const token = tokenOf(one.mail);
    const abroad = await other.client.send(VERIFY, { token });
    expect(codeOf(abroad)).toBe('TENANT_MISMATCH');
    expect(await isVerified(one.client)).toBe(false);
    await one.client.data(VERIFY, { token });
    expect([await isVerified(one.client), await isVerified(other.client)]).toEqual([true, false]);
    for (const wrong of [token, `${token}x`, '', 'x'.repeat(43)]) {
      const refusal = await server.client().refusal(VERIFY, { token: wrong });
      expect(refusal.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: { token: expect.any(String) },
      });
    }
    const { auditEvents } = await one.client.data(
      '{ auditEvents(filter: { actions: ["user.email_verified"] }) { nodes { actorLabel } } }',
    );
    expect(auditEvents.nodes).toEqual([{ actorLabel: one.input.email }]);
  });

  it('of two requests that send a token at the same time one verifies', async () => {
    const { client, mail } = await signUp();
    const send = () => server.client().send(VERIFY, { token: tokenOf(mail) });
    const codes = (await Promise.all([send(), send()])).map(codeOf);
    expect(codes.sort()).toEqual(['BAD_USER_INPUT', undefined]);
    expect(await isVerified(client)).toBe(true);
  });

  it('another mail replaces the token, and a verified tenant gets none', async () => {
    const { client, input, mail } = await signUp();
    await client.data('mutation { resendVerification }');
    const next = await mails.mailTo(input.email, 'verifyEmail', 2);
    expect(codeOf(await server.client().send(VERIFY, { token: tokenOf(mail) }))).toBe('BAD_USER_INPUT');
    await server.client().data(VERIFY, { token: tokenOf(next) });
    expect(await client.data('mutation { resendVerification }')).toEqual({ resendVerification: true });
    await new Promise(resolve => setTimeout(resolve, 300));
    expect(mails.mails.filter(({ to }) => to.includes(input.email))).toHaveLength(2);
  });

  it('a token for something else verifies nothing', async () => {
    const { client, mail, input } = await signUp();
    await server
      .client({ tenantSubdomain: input.subdomain })
      .data('mutation ($email: String!) { requestPasswordReset(email: $email) }', { email: input.email });
    const reset = tokenOf(await mails.mailTo(input.email, 'resetPassword'));
    expect(codeOf(await server.client().send(VERIFY, { token: reset }))).toBe('BAD_USER_INPUT');
    const answer = await server
      .client()
      .send('mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { accessToken } }', {
        input: { token: tokenOf(mail), password: 'another long password' },
      });
    expect(codeOf(answer)).toBe('BAD_USER_INPUT');
    expect(await isVerified(client)).toBe(false);
  });

  it('a token is too late after seven days', async () => {
    const { client, mail } = await signUp();
    await server.db
      .collection('credentials')
      .updateMany({ kind: 'verification' }, { $set: { expiresAt: new Date(Date.now() - 1000) } });
    expect(codeOf(await server.client().send(VERIFY, { token: tokenOf(mail) }))).toBe('BAD_USER_INPUT');
    expect(await isVerified(client)).toBe(false);
  });

  it('a tenant that was made before counts as verified and keeps its limits', async () => {
    const { client, tenant } = await signUp();
    const limits = { maxConcurrentCalls: 50, requestsPerMinute: 3000, monthlyCallMinutes: null };
    await server.db
      .collection('tenants')
      .updateOne({ subdomain: tenant.subdomain }, { $unset: { pendingVerification: '' }, $set: { limits } });
    await new Promise(resolve => setTimeout(resolve, 1100));
    expect(await client.data('{ tenant { isVerified limits { monthlyCallMinutes } } }')).toEqual({
      tenant: { isVerified: true, limits: { monthlyCallMinutes: null } },
    });
    expect(codeOf(await client.send(CALL, { input: { systemPrompt: 'Hello.' } }))).toBeUndefined();
  });
});

describe('Sign-ups', () => {
  const servers: TestServer[] = [];
  let mails: MailServer;
  let invited: TestServer;

  const start = async (env: Record<string, string>) => {
    const server = await startTestServer({ env });
    servers.push(server);
    return server;
  };
  beforeAll(async () => {
    mails = await MailServer.start();
    invited = await start({ ...PRODUCTION, SMTP_URL: mails.url });
  });
  afterAll(async () => {
    for (const server of servers) await server.stop();
    await mails.stop();
  });

  const invite = async (email: string, env: Record<string, string> = {}): Promise<string> => {
    const { code, out } = await operate(invited, ['tenants', 'invite', email], env);
    expect(code).toBe(0);
    return / is (\S+)\n$/.exec(out)?.[1] ?? '';
  };

  it('are by invitation in production, so that strangers make no tenants', async () => {
    const input = signUpOf();
    const refusal = await invited.client().refusal(SIGN_UP, { input });
    expect(refusal.extensions.code).toBe('FORBIDDEN');
    expect(await invited.db.collection('tenants').countDocuments({})).toBe(0);
    expect(mails.mails).toEqual([]);
  });

  it('take an invitation once, from the address that it is for alone', async () => {
    const input = signUpOf();
    const invitationToken = await invite(input.email.toUpperCase());
    expect(JSON.stringify(await stored(invited))).not.toContain(invitationToken);
    expect(JSON.stringify(await invited.db.collection('credentials').find({}).toArray())).not.toContain(
      input.email,
    );
    const wrong = [
      { ...input, invitationToken, email: `other-${input.email}` },
      { ...input, invitationToken: `${invitationToken}x` },
      { ...input, invitationToken: '' },
    ];
    for (const each of wrong) {
      const { extensions } = await invited.client().refusal(SIGN_UP, { input: each });
      expect(extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: { 'input.invitationToken': expect.any(String) },
      });
    }
    const { signUpTenant } = await invited.client().data(SIGN_UP, { input: { ...input, invitationToken } });
    expect(signUpTenant).toMatchObject({ user: { email: input.email }, tenant: { isVerified: false } });
    const again = { ...input, subdomain: `${input.subdomain}-2`, invitationToken };
    expect((await invited.client().refusal(SIGN_UP, { input: again })).extensions.code).toBe(
      'BAD_USER_INPUT',
    );
    const { auditEvents } = await invited
      .client({ accessToken: signUpTenant.accessToken as string })
      .data('{ auditEvents(filter: { actions: ["tenant.created"] }) { nodes { details } } }');
    expect(auditEvents.nodes).toEqual([{ details: expect.objectContaining({ isInvited: true }) }]);
  });

  it('make one tenant of two that send an invitation at the same time', async () => {
    const input = signUpOf();
    const invitationToken = await invite(input.email);
    const send = (suffix: string) =>
      invited
        .client()
        .send(SIGN_UP, { input: { ...input, subdomain: `${input.subdomain}${suffix}`, invitationToken } });
    const codes = (await Promise.all([send('a'), send('b')])).map(codeOf);
    expect(codes.sort()).toEqual(['BAD_USER_INPUT', undefined]);
  });

  it('keep the invitation when they are refused for something else', async () => {
    const taken = signUpOf();
    const first = await invite(taken.email);
    await invited.client().data(SIGN_UP, { input: { ...taken, invitationToken: first } });
    const input = signUpOf();
    const invitationToken = await invite(input.email);
    const clash = { ...input, subdomain: taken.subdomain, invitationToken };
    expect((await invited.client().refusal(SIGN_UP, { input: clash })).extensions.code).toBe('CONFLICT');
    await invited.client().data(SIGN_UP, { input: { ...input, invitationToken } });
  });

  it('take no invitation that has expired', async () => {
    const input = signUpOf();
    const invitationToken = await invite(input.email);
    await invited.db
      .collection('credentials')
      .updateMany({ kind: 'tenant-invitation' }, { $set: { expiresAt: new Date(Date.now() - 1) } });
    const refusal = await invited.client().refusal(SIGN_UP, { input: { ...input, invitationToken } });
    expect(refusal.extensions.code).toBe('BAD_USER_INPUT');
  });

  it('are invited by mail where there is a mail server, with a link for the address', async () => {
    const input = signUpOf();
    const token = await invite(input.email, {
      SMTP_URL: mails.url,
      APP_URL: 'https://{subdomain}.app.example',
    });
    const { text } = await mails.mailTo(input.email, 'invitationToken');
    const link = new URL(/https?:\S+/.exec(text)?.[0] ?? '');
    expect(`${link.origin}${link.pathname}`).toBe('https://app.example/sign-up');
    expect(Object.fromEntries(new URLSearchParams(link.hash.slice(1)))).toEqual({
      token,
      email: input.email,
    });
  });

  it('leave no invitation when its mail is refused', async () => {
    const ids = () => invited.db.collection('credentials').distinct('_id', { kind: 'tenant-invitation' });
    const before = await ids();
    const env = { SMTP_URL: 'smtp://127.0.0.1:9' };
    expect(await operate(invited, ['tenants', 'invite', 'ada@acme.example'], env)).toMatchObject({
      code: 1,
      out: '',
    });
    expect((await ids()).filter(id => !before.includes(id))).toEqual([]);
    expect(await operate(invited, ['tenants', 'invite', 'nobody'])).toMatchObject({ code: 2 });
    expect(await operate(invited, ['tenants', 'invite', 'a@b.example'], { SIGN_UPS: 'off' })).toMatchObject({
      code: 1,
    });
  });

  it('are refused when they are off, also with an invitation', async () => {
    const off = await start({ SIGN_UPS: 'off' });
    const input = signUpOf();
    const { out } = await operate(off, ['tenants', 'invite', input.email]);
    const invitationToken = / is (\S+)\n$/.exec(out)?.[1];
    for (const each of [input, { ...input, invitationToken }])
      expect((await off.client().refusal(SIGN_UP, { input: each })).extensions.code).toBe('FORBIDDEN');
    expect(await off.db.collection('tenants').countDocuments({})).toBe(0);
  });

  it('are open in development, where a new tenant makes calls and invites people at once, and can try to be verified', async () => {
    const open = await start({ NODE_ENV: 'development', MONTHLY_CALL_MINUTES: '7', SMTP_URL: mails.url });
    const tenant = await seedTenant(open);
    const { client } = tenant.admin;
    expect(await client.data('{ tenant { isVerified limits { monthlyCallMinutes } } }')).toEqual({
      tenant: { isVerified: false, limits: { monthlyCallMinutes: 7 } },
    });
    const web = await startCall(client);
    const phone = await startCall(client, { medium: 'PHONE', phoneNumber: '+881612345678' });
    for (const { id } of [web, phone]) await callWithStatus(client, id as string, 'COMPLETED');
    await client.data(INVITE, { email: 'colleague@people.example' });
    expect(mails.mails.filter(({ to }) => to.includes(tenant.admin.email))).toEqual([]);
    await client.data('mutation { resendVerification }');
    const token = tokenOf(await mails.mailTo(tenant.admin.email, 'verifyEmail'));
    await open.client().data(VERIFY, { token });
    expect((await client.data('{ tenant { isVerified } }')).tenant.isVerified).toBe(true);
  });
});
