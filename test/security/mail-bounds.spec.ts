import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RedisClients } from '../../src/redis/redis-clients.js';
import { MailServer } from '../kit/mail-server.js';
import { PASSWORD, seedTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const INVITE = 'mutation ($email: String!) { inviteUser(input: { email: $email }) { token } }';
const REQUEST = 'mutation ($email: String!) { requestPasswordReset(email: $email) }';
const SIGN_UP = 'mutation ($input: SignUpTenantInput!) { signUpTenant(input: $input) { accessToken } }';
const ACCEPT =
  'mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { user { id } } }';
const PRODUCTION = {
  NODE_ENV: 'production',
  SIGN_UPS: 'open',
  PUBLIC_URL: 'https://voho.example',
  BASE_DOMAIN: 'voho.example',
  ULTRAVOX_BASE_URL: 'https://provider.example',
};

const codeOf = (answer: { errors?: readonly { extensions: { code: string } }[] }) =>
  answer.errors?.[0]?.extensions.code;

describe('Mails to one person', () => {
  let mails: MailServer;
  let server: TestServer;
  let production: TestServer;
  let count = 0;

  beforeAll(async () => {
    mails = await MailServer.start();
    server = await startTestServer({ env: { SMTP_URL: mails.url } });
    production = await startTestServer({ env: { ...PRODUCTION, SMTP_URL: mails.url } });
  });
  afterAll(async () => {
    await server.stop();
    await production.stop();
    await mails.stop();
  });

  beforeEach(async () => {
    // All requests come from one address here, which is not what these tests are about.
    const { commands } = server.app.get(RedisClients);
    const keys = await commands.keys('a:*:password-reset-request:*');
    if (keys.length > 0) await commands.del(...keys);
  });

  const person = () => `victim${(count += 1)}`;
  /** How many mails have come to any of some addresses, once nothing more is on its way. */
  async function mailsTo(at: TestServer, ...addresses: string[]): Promise<number> {
    for (let left = 400; left > 0; left -= 1) {
      if ((await at.db.collection('jobs').countDocuments({ kind: /mail|reset/ })) === 0) break;
      await new Promise(resolve => setTimeout(resolve, 25));
    }
    return mails.mails.filter(({ to }) => to.some(address => addresses.includes(address.toLowerCase())))
      .length;
  }
  /** A tenant that has a user with an address. */
  async function memberOf(email: string) {
    const tenant = await seedTenant(server);
    const { inviteUser } = await tenant.admin.client.data(INVITE, { email });
    await server.client().data(ACCEPT, { input: { token: inviteUser.token, password: PASSWORD } });
    return tenant;
  }
  const signUp = (subdomain: string, email: string) =>
    production.client().send(SIGN_UP, { input: { subdomain, name: 'New', email, password: PASSWORD } });

  it.each([
    ['one spelling', (who: string, _index: number) => `${who}@people.example`],
    [
      'case',
      (who: string, index: number) =>
        `${who.slice(0, index % 7).toUpperCase()}${who.slice(index % 7)}@people.example`,
    ],
    ['tags', (who: string, index: number) => `${who}+${index}@people.example`],
    [
      'dots at a provider that ignores them',
      (who: string, index: number) =>
        `${who.slice(0, (index % 5) + 1)}.${who.slice((index % 5) + 1)}+${index}@${index % 2 ? 'gmail' : 'googlemail'}.com`,
    ],
  ])('from one tenant are bounded by the day, whatever the spelling: %s', async (_what, spell) => {
    const { client } = (await seedTenant(server)).admin;
    const who = person();
    const addresses = Array.from({ length: 12 }, (_, index) => spell(who, index));
    const codes: (string | undefined)[] = [];
    for (const email of addresses) codes.push(codeOf(await client.send(INVITE, { email })));
    expect(codes.filter(code => code === undefined)).toHaveLength(5);
    expect(new Set(codes.slice(5))).toEqual(new Set(['RATE_LIMITED']));
    expect(await mailsTo(server, ...addresses.map(email => email.toLowerCase()))).toBeLessThanOrEqual(5);
    const { invitations } = await client.data('{ invitations { id } }');
    expect(invitations.length).toBeLessThanOrEqual(5);
  });

  it('from one tenant count for that person alone, also with dots where they tell people apart', async () => {
    const { client } = (await seedTenant(server)).admin;
    const who = person();
    for (let index = 0; index < 6; index += 1) await client.send(INVITE, { email: `${who}@people.example` });
    for (const email of [`${who}@other.example`, `v.${who}@people.example`, `x${who}@people.example`])
      expect(codeOf(await client.send(INVITE, { email }))).toBeUndefined();
  });

  it('from many tenants are bounded together, save the first of each', async () => {
    const email = `${person()}@people.example`;
    const codes: (string | undefined)[] = [];
    for (let index = 0; index < 5; index += 1) {
      const { client } = (await seedTenant(server)).admin;
      for (let tries = 0; tries < 3; tries += 1) codes.push(codeOf(await client.send(INVITE, { email })));
    }
    const isSent = codes.map(code => code === undefined);
    expect(isSent).toEqual([...Array(10).fill(true), false, false, true, false, false]);
    expect(await mailsTo(server, email)).toBeLessThanOrEqual(11);
  });

  it('that are asked for at the same time are bounded too', async () => {
    const { client } = (await seedTenant(server)).admin;
    const email = `${person()}@people.example`;
    const all = await Promise.all(Array.from({ length: 12 }, () => client.send(INVITE, { email })));
    expect(all.map(codeOf).filter(code => code === undefined).length).toBeLessThanOrEqual(5);
  });

  it('that are revoked count all the same, and those that are refused do not', async () => {
    const { admin } = await seedTenant(server);
    const email = `${person()}@people.example`;
    for (let index = 0; index < 5; index += 1) {
      await admin.client.data(INVITE, { email });
      const { invitations } = await admin.client.data('{ invitations { id } }');
      await admin.client.data('mutation ($id: ID!) { revokeInvitation(id: $id) }', { id: invitations[0].id });
    }
    expect(codeOf(await admin.client.send(INVITE, { email }))).toBe('RATE_LIMITED');
    for (let index = 0; index < 7; index += 1)
      expect(codeOf(await admin.client.send(INVITE, { email: admin.email }))).toBe('CONFLICT');
  });

  it('are bounded for a tenant by the day, whoever they go to', async () => {
    const small = await startTestServer({
      beside: server,
      env: { SMTP_URL: mails.url, INVITATIONS_PER_DAY: '4' },
    });
    try {
      const { client } = (await seedTenant(small)).admin;
      const codes: (string | undefined)[] = [];
      for (let index = 0; index < 6; index += 1)
        codes.push(codeOf(await client.send(INVITE, { email: `${person()}@people${index}.example` })));
      expect(codes).toEqual([undefined, undefined, undefined, undefined, 'RATE_LIMITED', 'RATE_LIMITED']);
      expect(
        codeOf(await (await seedTenant(small)).admin.client.send(INVITE, { email: 'a@b.example' })),
      ).toBeUndefined();
    } finally {
      await small.stop();
    }
  });

  it('for new passwords are bounded by the hour in one tenant, and by the day in all, without a word', async () => {
    const who = person();
    const spellings = [`${who}@people.example`, `${who}+a@people.example`];
    const tenants = [];
    for (let index = 0; index < 5; index += 1) {
      const tenant = await seedTenant(server);
      for (const email of index < 2 ? spellings : spellings.slice(0, 1)) {
        const invited = await tenant.admin.client.send(INVITE, { email });
        const token = (invited.data as { inviteUser: { token: string } }).inviteUser.token;
        await server.client().data(ACCEPT, { input: { token, password: PASSWORD } });
      }
      tenants.push(tenant);
    }
    const before = await mailsTo(server, ...spellings);
    const requestAll = async ({ subdomain }: { subdomain: string }) => {
      for (let index = 0; index < 7; index += 1) {
        const email = spellings[index % 2] ?? '';
        const stranger = server.client({ tenantSubdomain: subdomain });
        expect(await stranger.data(REQUEST, { email })).toEqual({ requestPasswordReset: true });
      }
    };
    await requestAll(tenants[0] as { subdomain: string });
    expect((await mailsTo(server, ...spellings)) - before).toBe(5);
    for (const tenant of tenants.slice(1)) await requestAll(tenant);
    expect((await mailsTo(server, ...spellings)) - before).toBeLessThanOrEqual(20);
  });

  it.each([
    ['as it is', (email: string) => email],
    ['in capitals', (email: string) => email.toUpperCase()],
    ['with a tag', (email: string) => email.replace('@', '+x@')],
  ])(
    'for new passwords go out once a day from the own tenant, whatever others did: address %s',
    async (_what, spell) => {
      const email = `${person()}@people.example`;
      const own = await memberOf(email);
      for (let index = 0; index < 4; index += 1) {
        const { subdomain } = await memberOf(spell(email));
        const asking = server.client({ tenantSubdomain: subdomain });
        for (let tries = 0; tries < 5; tries += 1) await asking.data(REQUEST, { email: spell(email) });
      }
      const before = await mailsTo(server, email, spell(email).toLowerCase());
      const stranger = server.client({ tenantSubdomain: own.subdomain });
      await stranger.data(REQUEST, { email });
      expect(await mailsTo(server, email, spell(email).toLowerCase())).toBe(before + 1);
      await stranger.data(REQUEST, { email });
      expect(await mailsTo(server, email, spell(email).toLowerCase())).toBe(before + 1);
    },
  );

  it('who has no account use up nothing of that person, whoever asks', async () => {
    const user = await (await seedTenant(server)).user();
    for (let index = 0; index < 4; index += 1) {
      const other = server.client({ tenantSubdomain: (await seedTenant(server)).subdomain });
      for (let tries = 0; tries < 5; tries += 1) await other.data(REQUEST, { email: user.email });
    }
    expect(await mailsTo(server, user.email)).toBe(1);
  });

  it('that verify an address are bounded by the day, over all tenants that are signed up with it', async () => {
    const who = person();
    const name = `bomb-${Date.now().toString(36)}`;
    const codes: (string | undefined)[] = [];
    for (let index = 0; index < 13; index += 1)
      codes.push(codeOf(await signUp(`${name}-${index}`, `${who}+${index}@people.example`)));
    expect(codes.filter(code => code === undefined)).toHaveLength(10);
    expect(codes.slice(10)).toEqual(['RATE_LIMITED', 'RATE_LIMITED', 'RATE_LIMITED']);
    expect(
      await production.db.collection('tenants').countDocuments({ subdomain: new RegExp(`^${name}`) }),
    ).toBe(10);
    const addresses = codes.map((_code, index) => `${who}+${index}@people.example`);
    expect(await mailsTo(production, ...addresses)).toBe(10);
    // Asking for a new password, or for another mail, is no way round.
    await production
      .client({ tenantSubdomain: `${name}-0` })
      .data(REQUEST, { email: `${who}+0@people.example` });
    expect(await mailsTo(production, ...addresses)).toBe(10);
  });

  it('that verify an address again are bounded too', async () => {
    const subdomain = `again-${Date.now().toString(36)}`;
    const email = `${person()}@people.example`;
    const { data } = await signUp(subdomain, email);
    const client = production.client({
      accessToken: (data as { signUpTenant: { accessToken: string } }).signUpTenant.accessToken,
    });
    const codes: (string | undefined)[] = [];
    for (let index = 0; index < 12; index += 1)
      codes.push(codeOf(await client.send('mutation { resendVerification }')));
    expect(codes.filter(code => code === undefined)).toHaveLength(9);
    expect(await mailsTo(production, email)).toBeLessThanOrEqual(10);
  });
});
