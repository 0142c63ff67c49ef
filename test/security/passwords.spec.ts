import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Algorithm, hash } from '@node-rs/argon2';
import { CommonPasswords } from '../../src/auth/common-passwords.js';
import { AT_ONCE, MOST_WAITING } from '../../src/auth/password-threads.js';
import { Passwords } from '../../src/auth/passwords.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import type { Loose } from '../kit/client.js';
import { passwordWork } from '../kit/password-work.js';
import { collectionsAsked } from '../kit/profile.js';
import { PASSWORD, seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const LOG_IN = 'mutation ($input: LogInInput!) { logIn(input: $input) { user { id } } }';
const SIGN_UP = 'mutation ($input: SignUpTenantInput!) { signUpTenant(input: $input) { user { id } } }';
const CHANGE =
  'mutation ($old: String!, $new: String!) { changePassword(currentPassword: $old, newPassword: $new) }';

/** What every hash is made with, and the one that stands in for whoever is unknown. */
const PARAMETERS = 'argon2id m=19456,t=2,p=1';

describe('Passwords', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voho-list-'));
    server = await startTestServer();
    tenant = await seedTenant(server);
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const stranger = () => server.client({ tenantSubdomain: tenant.subdomain });
  const logIn = (email: string, password: string) => stranger().send(LOG_IN, { input: { email, password } });
  const users = () => server.db.collection('users');
  const hashOf = async (email: string): Promise<string> =>
    (await users().findOne<Loose>({ email })).passwordHash;
  const refusalOf = async (
    password: string,
    change: object = {},
    at = server,
  ): Promise<string | undefined> => {
    const input = { subdomain: 'acme-phones', name: 'Acme', email: 'a@acme.example', password, ...change };
    const { extensions } = await at.client().refusal(SIGN_UP, { input });
    return extensions.fields?.['input.password'];
  };

  it('S14 are kept as argon2id, and made anew at the next log-in where they were made with less', async () => {
    const user = await tenant.user();
    expect(await hashOf(user.email)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    const weaker = [
      { memoryCost: 8192, timeCost: 2 },
      { memoryCost: 19_456, timeCost: 1 },
      { memoryCost: 19_456, timeCost: 2, algorithm: 1 as Algorithm },
    ];
    for (const parameters of weaker) {
      const passwordHash = await hash(PASSWORD, { algorithm: 2 as Algorithm, parallelism: 1, ...parameters });
      await users().updateOne({ email: user.email }, { $set: { passwordHash } });
      expect((await logIn(user.email, 'a wrong password')).errors).toHaveLength(1);
      expect(await hashOf(user.email)).toBe(passwordHash);
      expect((await logIn(user.email, PASSWORD)).errors).toBeUndefined();
      expect(await hashOf(user.email)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      expect((await logIn(user.email, PASSWORD)).errors).toBeUndefined();
    }
    const stronger = await hash(PASSWORD, {
      algorithm: 2 as Algorithm,
      memoryCost: 32_768,
      timeCost: 3,
      parallelism: 1,
    });
    await users().updateOne({ email: user.email }, { $set: { passwordHash: stronger } });
    expect((await logIn(user.email, PASSWORD)).errors).toBeUndefined();
    expect(await hashOf(user.email)).toBe(stronger);
  });

  it('S15 of 10 MB, with NUL or with half a character are refused before they are hashed', async () => {
    const body = JSON.stringify({
      query: LOG_IN,
      variables: { input: { email: 'a@b.example', password: 'p'.repeat(10_000_000) } },
    });
    const large = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(large.status).toBe(413);
    const work = await passwordWork(server, async () => {
      for (const password of [`${PASSWORD}\u0000`, `${PASSWORD}\ud800`, 'p'.repeat(201)]) {
        const answer = await logIn(tenant.admin.email, password);
        expect(answer.errors?.[0]?.extensions).toMatchObject({
          code: 'BAD_USER_INPUT',
          fields: { 'input.password': expect.any(String) },
        });
        expect(await refusalOf(password)).toEqual(expect.any(String));
      }
    });
    expect(work).toEqual({});
  });

  it('S15 are the same in whatever Unicode form they are typed, and counted in characters', async () => {
    const user = await tenant.user();
    await user.client.data(CHANGE, { old: PASSWORD, new: 'Ångström ﬁnd ½ é' });
    for (const typed of ['Ångström ﬁnd ½ é', 'A\u030angstro\u0308m find 1\u20442 e\u0301'])
      expect((await logIn(user.email, typed)).errors).toBeUndefined();
    expect((await logIn(user.email, 'Angstrom find 1/2 e')).errors).toHaveLength(1);
    expect(await refusalOf('🙂🙂🙂🙂🙂🙂🙂🙂🙂')).toBe('must have at least 10 characters');
    expect(await refusalOf('e\u0301'.repeat(9))).toBe('must have at least 10 characters');
  });

  it('that everybody tries first, or that are what everybody knows, cannot be chosen anywhere', async () => {
    const first = 'is one that everybody tries first';
    for (const password of [
      'password123',
      'PassWord123',
      'qwertyuiop',
      '1234567890',
      'correcthorsebatterystaple',
    ])
      expect([password, await refusalOf(password)]).toEqual([password, first]);
    for (const [password, change] of [
      ['A@acme.example', {}],
      ['acme-phones', {}],
      ['somebody.known', { email: 'somebody.known@acme.example' }],
    ] as const)
      expect([password, await refusalOf(password, change)]).toEqual([
        password,
        'must not be the name or the address',
      ]);

    const { extensions } = await tenant.admin.client.refusal(CHANGE, { old: PASSWORD, new: 'password1234' });
    expect(extensions.fields).toEqual({ newPassword: first });
    const { inviteUser } = await tenant.admin.client.data(
      'mutation { inviteUser(input: { email: "new.colleague@people.example" }) { token } }',
    );
    const accept =
      'mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { user { id } } }';
    for (const password of ['iloveyou123', 'new.colleague'])
      expect(
        (await server.client().refusal(accept, { input: { token: inviteUser.token, password } })).extensions
          .fields,
      ).toHaveProperty(['input.password']);
    expect(
      (await server.client().data(accept, { input: { token: inviteUser.token, password: PASSWORD } }))
        .acceptInvitation.user,
    ).toBeTruthy();
  });

  it('need no odd characters', async () => {
    const user = await tenant.user();
    for (const next of ['zzzzzzzzzzzz only letters', 'aufunddavonmitdir'])
      await user.client.data(CHANGE, {
        old: (await logIn(user.email, PASSWORD)).errors ? 'zzzzzzzzzzzz only letters' : PASSWORD,
        new: next,
      });
    expect((await logIn(user.email, 'aufunddavonmitdir')).errors).toBeUndefined();
  });

  it('are looked up in another list where the server is given one, and it does not start without', async () => {
    const list = join(folder, 'list.txt');
    await writeFile(list, '# ours\r\nVoho Telephones\r\n\r\n');
    const other = await startTestServer({ env: { COMMON_PASSWORDS_FILE: list } });
    try {
      expect(await refusalOf('voho telephones', {}, other)).toBe('is one that everybody tries first');
      await other.client().data(SIGN_UP, {
        input: { subdomain: 'acme', name: 'Acme', email: 'a@b.example', password: 'password123' },
      });
    } finally {
      await other.stop();
    }
    const settings = { ...server.settings, COMMON_PASSWORDS_FILE: join(folder, 'none') };
    await expect(new CommonPasswords(settings).onModuleInit()).rejects.toThrow(
      'COMMON_PASSWORDS_FILE cannot be read',
    );
  });

  it('S11 cost the same work for whoever is unknown, deactivated or has another password', async () => {
    const [user, gone] = [await tenant.user(), await tenant.user()];
    await tenant.admin.client.data('mutation ($id: ID!) { deactivateUser(userId: $id) { id } }', {
      id: gone.id,
    });
    // Beside what the server asks for by itself meanwhile; rows of refusals are written apart from the answers.
    const ASKED = ['tenants', 'users'];
    const costs: unknown[] = [];
    for (const [email, password] of [
      ['nobody@people.example', 'a wrong password'],
      [user.email, 'a wrong password'],
      [gone.email, 'a wrong password'],
      [gone.email, PASSWORD],
    ] as const) {
      let asked: string[] = [];
      const checks = await passwordWork(server, async () => {
        asked = await collectionsAsked(server, () => logIn(email, password));
      });
      costs.push({ checks, asked: asked.filter(name => ASKED.includes(name)).sort() });
    }
    const [first] = costs;
    expect(first).toEqual({ checks: { [`verify ${PARAMETERS}`]: 1 }, asked: ASKED });
    expect(costs).toEqual(costs.map(() => first));
  });

  /** Checks that are always as many as may wait for their turn, until it is over. */
  function storm(): { end(): Promise<void> } {
    const passwords = server.app.get(Passwords);
    let isOver = false;
    const checks = (): Promise<void> =>
      isOver ? Promise.resolve() : passwords.verify(null, PASSWORD).then(checks, () => undefined);
    const all = Promise.all(Array.from({ length: AT_ONCE + MOST_WAITING }, checks));
    return {
      async end() {
        isOver = true;
        await all;
      },
    };
  }

  it('S16 in a storm are checked a few at a time, and nobody else waits behind them', async () => {
    const most = { running: 0, waiting: 0 };
    const look = async () => {
      const { values } = await server.app.get(Metrics).passwordsInWork.get();
      for (const { labels, value } of values) {
        const state = labels.state as keyof typeof most;
        most[state] = Math.max(most[state], value);
      }
    };
    const { end } = storm();
    const checks = await passwordWork(server, async () => {
      for (let asked = 0; asked < 10; asked += 1) {
        await tenant.admin.client.data('{ viewer { id } }');
        await stat(folder);
        await look();
      }
    });
    await end();
    expect(most).toEqual({ running: AT_ONCE, waiting: MOST_WAITING });
    // Behind the whole line each query would have waited for a hundred checks. A busy machine gets to none at all.
    expect(checks[`verify ${PARAMETERS}`] ?? 0).toBeLessThan((10 * MOST_WAITING) / 2);
  });

  it('S16 that would wait too long are sent away at once, uncounted, and may be tried again', async () => {
    const { email } = await tenant.user();
    const { end } = storm();
    const answers = await Promise.all(Array.from({ length: 30 }, () => logIn(email, PASSWORD)));
    await end();
    const refused = answers.flatMap(({ errors }) => errors ?? []);
    expect(refused.length).toBeGreaterThan(0);
    for (const { extensions } of refused)
      expect(extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) });
    expect((await logIn(email, PASSWORD)).errors).toBeUndefined();
  });
});
