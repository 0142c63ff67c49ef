import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Loose } from '../kit/client.js';
import { MailServer, type ReceivedMail, textOf } from '../kit/mail-server.js';
import { rawPost } from '../kit/raw-post.js';
import { PASSWORD, seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { stored } from '../kit/stored.js';

const REQUEST = 'mutation ($email: String!) { requestPasswordReset(email: $email) }';
const RESET =
  'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { accessToken user { id } tenant { id } } }';
const LOG_IN = 'mutation ($input: LogInInput!) { logIn(input: $input) { user { id } } }';
const INVITE =
  'mutation ($email: String!) { inviteUser(input: { email: $email }) { token invitation { id expiresAt } } }';
const ACCEPT =
  'mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { user { id email } } }';
const VIEWER = '{ viewer { id } }';
const NEXT = 'another long password';

const linkOf = ({ text }: ReceivedMail): URL => new URL(/https?:\S+/.exec(text)?.[0] ?? '');
const tokenOf = (mail: ReceivedMail): string => linkOf(mail).hash.slice('#token='.length);

describe('Tokens that are mailed', () => {
  let server: TestServer;
  let mails: MailServer;
  let tenant: SeededTenant;

  beforeAll(async () => {
    mails = await MailServer.start();
    server = await startTestServer({
      env: { SMTP_URL: mails.url, MAIL_FROM: 'Voho <voice@sender.example>' },
    });
    tenant = await seedTenant(server, 'Acme "Phones"');
  });
  afterAll(async () => {
    await server.stop();
    await mails.stop();
  });

  const stranger = (at = tenant) => server.client({ tenantSubdomain: at.subdomain });
  const request = async (email: string) =>
    (await stranger().data(REQUEST, { email })).requestPasswordReset as boolean;
  const mailedReset = async (email: string, count?: number) => {
    expect(await request(email)).toBe(true);
    return mails.mailTo(email, 'resetPassword', count);
  };
  const reset = (token: string, password = NEXT) =>
    server.client().send(RESET, { input: { token, password } });
  const actions = async (): Promise<string[]> =>
    (await tenant.admin.client.data('{ auditEvents(first: 50) { nodes { action } } }')).auditEvents.nodes.map(
      ({ action }: Loose) => action as string,
    );
  /** Waits until nothing is left to be mailed. */
  async function quiet(): Promise<void> {
    for (let left = 400; left > 0; left -= 1) {
      if ((await server.db.collection('jobs').countDocuments({ kind: /mail|reset/ })) === 0) return;
      await new Promise(resolve => setTimeout(resolve, 25));
    }
    throw new Error('Mails are still waiting');
  }

  it('S18 reset a password once, end all sessions and open a new one', async () => {
    const user = await tenant.user();
    const mail = await mailedReset(user.email);
    expect(mail).toMatchObject({ from: 'voice@sender.example', to: [user.email] });
    expect(mail.text).toContain('your account at "Acme \'Phones\'"');
    const token = tokenOf(mail);

    const { data } = await reset(token);
    expect(data.resetPassword).toMatchObject({ user: { id: user.id }, tenant: { id: tenant.id } });
    expect(
      (await server.client({ accessToken: data.resetPassword.accessToken }).data(VIEWER)).viewer.id,
    ).toBe(user.id);
    expect((await user.client.refusal(VIEWER)).extensions.code).toBe('UNAUTHENTICATED');
    const logIn = (password: string) => stranger().send(LOG_IN, { input: { email: user.email, password } });
    expect((await logIn(PASSWORD)).errors).toHaveLength(1);
    expect((await logIn(NEXT)).errors).toBeUndefined();

    for (const used of [token, `${token}x`, 'none', ''])
      expect((await reset(used)).errors?.[0]?.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: { 'input.token': 'is not an open password reset' },
      });
    expect(await actions()).toEqual(
      expect.arrayContaining(['user.password_reset_requested', 'user.password_reset']),
    );
  });

  it('S18 reset nothing once the password was changed otherwise, by another of them, or when their user is gone', async () => {
    const user = await tenant.user();
    const [first, second] = [await mailedReset(user.email, 1), await mailedReset(user.email, 2)].map(tokenOf);
    const { data } = await reset(second ?? '');
    expect((await reset(first ?? '')).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');

    const third = tokenOf(await mailedReset(user.email, 3));
    await server
      .client({ accessToken: data.resetPassword.accessToken })
      .data(
        'mutation ($old: String!, $new: String!) { changePassword(currentPassword: $old, newPassword: $new) }',
        {
          old: NEXT,
          new: PASSWORD,
        },
      );
    expect((await reset(third)).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');

    const fourth = tokenOf(await mailedReset(user.email, 4));
    await tenant.admin.client.data('mutation ($id: ID!) { deactivateUser(userId: $id) { id } }', {
      id: user.id,
    });
    expect((await reset(fourth)).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  it('S18 are kept as hashes, and count for an hour', async () => {
    const user = await tenant.user();
    const token = tokenOf(await mailedReset(user.email));
    await quiet();
    const everything = JSON.stringify(await stored(server));
    expect(everything).not.toContain(token);

    const resets = server.db.collection('passwordResets');
    const open = await resets.findOne<Loose>({ email: user.email });
    expect(open.expiresAt.getTime() - open.createdAt.getTime()).toBe(3_600_000);
    await resets.updateOne({ _id: open._id }, { $set: { expiresAt: new Date(Date.now() - 60_000) } });
    expect((await reset(token)).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  it('S18 stand in links that no header can lead elsewhere', async () => {
    const user = await tenant.user();
    const forged = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'gopher',
      origin: 'https://evil.example',
      'x-tenant-subdomain': tenant.subdomain,
    };
    expect((await rawPost(server.url, forged, REQUEST, { email: user.email })).data).toEqual({
      requestPasswordReset: true,
    });
    const mail = await mails.mailTo(user.email, 'resetPassword');
    const { protocol, hostname, port, pathname, search } = linkOf(mail);
    expect([protocol, hostname, port, pathname, search]).toEqual([
      'http:',
      `${tenant.subdomain}.voho.localhost`,
      String(server.settings.PORT),
      '/reset-password',
      '',
    ]);
    expect(mail.source).not.toContain('evil');
  });

  it('S18 go to nobody who has no account, and the answer is the same', async () => {
    const gone = await tenant.user();
    await tenant.admin.client.data('mutation ($id: ID!) { deactivateUser(userId: $id) { id } }', {
      id: gone.id,
    });
    const elsewhere = await (await seedTenant(server)).user();
    const before = mails.mails.length;
    for (const email of ['nobody@people.example', gone.email, elsewhere.email])
      expect(await request(email)).toBe(true);
    await quiet();
    expect(mails.mails.slice(before).filter(({ source }) => source.includes('resetPassword'))).toEqual([]);
    expect((await server.client().refusal(REQUEST, { email: gone.email })).extensions.code).toBe(
      'TENANT_NOT_FOUND',
    );
  });

  it('S18 are asked of the database in the same way, whether there is an account or not', async () => {
    const user = await tenant.user();
    await quiet();
    const stored = async (email: string) => {
      await request(email);
      await quiet();
      return server.db.collection('passwordResets').countDocuments({ email });
    };
    expect([await stored(user.email), await stored('nobody-else@people.example')]).toEqual([1, 1]);
  });

  it('S18 are mailed to one account a few times an hour, without a word about it', async () => {
    const user = await tenant.user();
    for (let asked = 0; asked < 8; asked += 1) expect(await request(user.email)).toBe(true);
    await quiet();
    expect(
      mails.mails.filter(({ to, text }) => to.includes(user.email) && text.includes('resetPassword')),
    ).toHaveLength(5);
  });

  it('S18 of one tenant count in no other', async () => {
    const other = await seedTenant(server);
    const token = tokenOf(await mailedReset(tenant.admin.email));
    const refused = await stranger(other).refusal(RESET, { input: { token, password: NEXT } });
    expect(refused.extensions.code).toBe('TENANT_MISMATCH');
    expect((await reset(token, PASSWORD)).errors).toBeUndefined();
    tenant = await seedTenant(server);
  });

  it('S18 invite one address for 7 days, by mail too, and make it a user once', async () => {
    const email = 'new.colleague@people.example';
    const { inviteUser } = await tenant.admin.client.data(INVITE, { email });
    const days = (Date.parse(inviteUser.invitation.expiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(6.9);
    expect(days).toBeLessThanOrEqual(7);
    const mail = await mails.mailTo(email, 'acceptInvitation');
    expect(linkOf(mail).pathname).toBe('/accept-invitation');
    const token = tokenOf(mail);
    expect(token).not.toBe(inviteUser.token);
    await quiet();
    const everything = JSON.stringify(await stored(server));
    for (const secret of [token, inviteUser.token]) expect(everything).not.toContain(secret);
    const { acceptInvitation } = await server.client().data(ACCEPT, { input: { token, password: PASSWORD } });
    expect(acceptInvitation.user.email).toBe(email);
    for (const used of [token, inviteUser.token])
      expect(
        (await server.client().refusal(ACCEPT, { input: { token: used, password: PASSWORD } })).extensions,
      ).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: { 'input.token': 'is not an open invitation' },
      });
  });

  it('S18 of an invitation that was taken back count no more', async () => {
    const email = 'unwanted@people.example';
    const { inviteUser } = await tenant.admin.client.data(INVITE, { email });
    const token = tokenOf(await mails.mailTo(email, 'acceptInvitation'));
    await tenant.admin.client.data('mutation ($id: ID!) { revokeInvitation(id: $id) }', {
      id: inviteUser.invitation.id,
    });
    const refused = await server.client().refusal(ACCEPT, { input: { token, password: PASSWORD } });
    expect(refused.extensions.code).toBe('BAD_USER_INPUT');
  });

  it('are not lost while the mail server refuses them, and leave no token behind that nobody has', async () => {
    const user = await tenant.user();
    await quiet();
    mails.refusals = 2;
    await request(user.email);
    const mail = await mails.mailTo(user.email, 'resetPassword');
    await quiet();
    expect(mails.refusals).toBe(0);
    const { _id } =
      (await server.db.collection('passwordResets').findOne<Loose>({ email: user.email })) ?? {};
    expect(await server.db.collection('credentials').countDocuments({ subjectId: _id })).toBe(1);
    expect((await reset(tokenOf(mail))).errors).toBeUndefined();
  });
});

describe('Without a mail server', () => {
  it('mails are files that only the server’s user can read', async () => {
    const server = await startTestServer({ env: { APP_URL: 'https://app.example/{subdomain}' } });
    try {
      const tenant = await seedTenant(server);
      await tenant.admin.client.data(INVITE, { email: 'new@people.example' });
      const folder = join(server.settings.DATA_DIR, 'mail');
      let names: string[] = [];
      for (let left = 400; left > 0 && names.length === 0; left -= 1) {
        names = await readdir(folder).catch(() => []);
        await new Promise(resolve => setTimeout(resolve, 25));
      }
      const path = join(folder, names[0] ?? '');
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      const source = await readFile(path, 'utf8');
      expect(source).toMatch(/^From: Voho <no-reply@voho\.localhost>\r$/m);
      expect(source).toMatch(/^To: new@people\.example\r$/m);
      expect(textOf(source)).toContain(`https://app.example/${tenant.subdomain}/accept-invitation#token=`);
    } finally {
      await server.stop();
    }
  });
});
