import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { MAX_ROOT_ALIASES } from '../../src/entry/graphql/operation-size.js';
import { RefusalLog } from '../../src/modules/audit/refusal-log.js';
import type { Answer, Client } from '../kit/client.js';
import { passwordWork } from '../kit/password-work.js';
import { rawSocket } from '../kit/raw-socket.js';
import { PASSWORD, seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const WRONG_PASSWORDS_PER_ACCOUNT = 10;
/** Fewer than by default: each costs a hash. */
const WRONG_PASSWORDS_PER_ADDRESS = 40;

const LOG_IN = 'mutation ($input: LogInInput!) { logIn(input: $input) { user { id } } }';
const codeOf = ({ errors }: Answer<unknown>) => errors?.[0]?.extensions.code;

/** Many log-ins in one request, each under a name of its own. */
const aliasedLogIns = (count: number, email: string) =>
  `mutation { ${Array.from({ length: count }, (_item, index) => `a${index}: logIn(input: { email: "${email}", password: "wrong ${index}" }) { user { id } }`).join(' ')} }`;

describe('The size of operations', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let client: Client;

  beforeAll(async () => {
    server = await startTestServer();
    tenant = await seedTenant(server);
    client = tenant.admin.client;
  });
  afterAll(() => server.stop());

  const failedLogIns = async () => {
    const { auditEvents } = await client.data(
      '{ auditEvents(filter: { actions: ["user.failed_login"] }) { totalCount } }',
    );
    return auditEvents.totalCount as number;
  };

  it.each<[string, string]>([
    ['a hundred aliased log-ins (S13)', aliasedLogIns(100, 'a@b.example')],
    [
      'aliases hidden in fragments',
      `mutation { ${'...F '.repeat(8)} } fragment F on Mutation { a: logOut b: logOut }`,
    ],
    [
      'aliases hidden in inline fragments',
      `mutation { ${Array.from({ length: 16 }, (_i, i) => `... { a${i}: logOut }`).join(' ')} }`,
    ],
    [
      'more depth than is allowed',
      `{ dashboard { recentCalls(first: 1) { ${'events(first: 1) { nodes { call { '.repeat(4)} id ${'} } } '.repeat(4)} } } }`,
    ],
    [
      'pages of pages of pages',
      '{ calls(first: 100) { nodes { events(first: 100) { nodes { call { id status } } } } } }',
    ],
    [
      'pages of pages by their default size',
      '{ calls(first: 100) { edges { node { transcript { nodes { ordinal text speaker } } } } } }',
    ],
    [
      'the same page again and again',
      `{ ${Array.from({ length: 15 }, (_i, i) => `a${i}: calls(first: 100) { nodes { id events(first: 15) { nodes { id } } } }`).join(' ')} }`,
    ],
    ['more tokens than are allowed', `{ ${'__typename '.repeat(2001)} }`],
    [
      'fragments that double and double',
      `{ viewer { ...F0 } } ${Array.from({ length: 40 }, (_i, i) => `fragment F${i} on User { ${i < 39 ? `...F${i + 1} ...F${i + 1}` : 'id'} }`).join(' ')}`,
    ],
  ])('is bounded: %s', async (_name, query) => {
    const answer = await client.send(query);
    expect([answer.status, codeOf(answer), answer.data ?? null]).toEqual([400, 'QUERY_TOO_COMPLEX', null]);
    expect(answer.errors).toHaveLength(1);
    expect(await failedLogIns()).toBe(0);
  });

  it('counts page sizes that come in variables', async () => {
    const query =
      'query ($n: Int, $m: Int) { calls(first: $n) { nodes { events(first: $m) { nodes { id } } } } }';
    expect(codeOf(await client.send(query, { n: 100, m: 50 }))).toBeUndefined();
    const heavy = query.replace('nodes { id }', 'nodes { id cursor sequence }');
    expect(codeOf(await client.send(heavy, { n: 100, m: 100 }))).toBe('QUERY_TOO_COMPLEX');
    expect(codeOf(await client.send(heavy, { n: 10, m: 100 }))).toBeUndefined();
    // Bad input is told as such, not as a matter of size.
    expect(codeOf(await client.send(heavy, { n: 100_000, m: 1 }))).toBe('BAD_USER_INPUT');
  });

  it('leaves introspection to everybody outside production', async () => {
    const answer = await server
      .client()
      .send(getIntrospectionQuery({ descriptions: true, specifiedByUrl: true }));
    expect([answer.status, answer.errors]).toEqual([200, undefined]);
  });

  it('S13 tries no more passwords than it counts, however many log-ins stand in one request', async () => {
    const target = await seedTenant(server);
    const own = await target.user();
    const stranger = server.client({ tenantSubdomain: target.subdomain });
    const tried = async (act: () => Promise<unknown>) =>
      Object.values(await passwordWork(server, act)).reduce((sum, count) => sum + count, 0);
    const { email } = target.admin;

    // A hundred are refused as a whole, and so is a list of requests: none of them is looked at.
    const none = await tried(async () => {
      const hundred = await stranger.send(aliasedLogIns(100, email));
      expect([hundred.status, codeOf(hundred)]).toEqual([400, 'QUERY_TOO_COMPLEX']);
      const batch = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...stranger.headers },
        body: JSON.stringify(Array(100).fill({ query: aliasedLogIns(1, email) })),
      });
      expect(batch.status).toBe(400);
    });
    expect(none).toBe(0);

    // Right ones open sessions, one each; the first wrong one ends the request, and counts.
    const right = `logIn(input: { email: "${own.email}", password: "${PASSWORD}" }) { user { id } }`;
    const wrong = aliasedLogIns(MAX_ROOT_ALIASES - 2, email).slice('mutation { '.length);
    const mixed = async () => {
      const { data, errors } = await stranger.send(`mutation { r0: ${right} r1: ${right} ${wrong}`);
      expect([data, errors?.map(({ path }) => path)]).toEqual([null, [['a0']]]);
    };
    expect(await tried(mixed)).toBe(3);
    for (let request = 1; request < WRONG_PASSWORDS_PER_ACCOUNT; request += 1)
      expect(await tried(() => stranger.send(aliasedLogIns(MAX_ROOT_ALIASES, email)))).toBe(1);
    const limited = async () => {
      expect(codeOf(await stranger.send(aliasedLogIns(MAX_ROOT_ALIASES, email)))).toBe('RATE_LIMITED');
    };
    expect(await tried(limited)).toBe(0);
    await server.app.get(RefusalLog).flush();
    const { auditEvents } = await target.admin.client.data(
      '{ auditEvents(filter: { actions: ["user.failed_login"] }) { nodes { details } } }',
    );
    expect(auditEvents.nodes).toEqual([
      { details: { email, count: WRONG_PASSWORDS_PER_ACCOUNT - 1 } },
      { details: { email } },
    ]);
  });
});

describe('Wrong passwords', () => {
  let server: TestServer;
  let tenant: SeededTenant;

  beforeAll(async () => {
    server = await startTestServer({
      env: {
        TRUSTED_PROXIES: '1',
        WRONG_PASSWORDS_PER_ADDRESS: String(WRONG_PASSWORDS_PER_ADDRESS),
        SIGN_UPS_PER_HOUR: '5',
      },
    });
    tenant = await seedTenant(server);
  });
  afterAll(() => server.stop());

  const logIn = (email: string, password: string, ip: string, tenantSubdomain = tenant.subdomain) =>
    server
      .client({ tenantSubdomain, headers: { 'x-forwarded-for': ip } })
      .send(LOG_IN, { input: { email, password } });

  /** A thousand wrong passwords, twenty at a time: how often each answer came, and how many were looked at. */
  async function storm(attempt: (index: number) => Promise<Answer<unknown>>): Promise<object> {
    const answers: Record<string, number> = {};
    const work = await passwordWork(server, async () => {
      for (let index = 0; index < 1000; index += 20) {
        const some = Array.from({ length: 20 }, (_item, offset) => attempt(index + offset));
        for (const code of (await Promise.all(some)).map(codeOf))
          answers[code ?? 'OK'] = (answers[code ?? 'OK'] ?? 0) + 1;
      }
    });
    return { answers, looked: Object.values(work) };
  }
  const limitedTo = (count: number) => ({
    answers: { UNAUTHENTICATED: count, RATE_LIMITED: 1000 - count },
    looked: [count],
  });

  it('S12 are limited per account, be they a thousand from as many addresses, known or not', async () => {
    for (const email of [tenant.admin.email, 'nobody@people.example']) {
      const attempt = (index: number) =>
        logIn(email, 'wrong password', `10.9.${Math.floor(index / 250)}.${index % 250}`);
      expect(await storm(attempt)).toEqual(limitedTo(WRONG_PASSWORDS_PER_ACCOUNT));
      const refused = await logIn(email, PASSWORD, '203.0.113.200');
      expect(codeOf(refused)).toBe('RATE_LIMITED');
      const seconds = refused.errors?.[0]?.extensions.retryAfterSeconds;
      expect(seconds).toBeGreaterThan(0);
      expect(refused.headers.get('retry-after')).toBe(String(seconds));
    }
    // The same address in another tenant is another account.
    const other = await seedTenant(server);
    expect(codeOf(await logIn(tenant.admin.email, 'wrong password', '203.0.113.1', other.subdomain))).toBe(
      'UNAUTHENTICATED',
    );
    // Whoever is signed in stays so.
    expect(codeOf(await tenant.admin.client.send('{ viewer { id } }'))).toBeUndefined();
  });

  it('alone count: right ones are not limited', async () => {
    const user = await tenant.user();
    for (let index = 0; index < WRONG_PASSWORDS_PER_ACCOUNT + 2; index += 1) {
      expect(codeOf(await logIn(user.email, PASSWORD, '198.51.100.1'))).toBeUndefined();
    }
  });

  it('stop nobody from anything else: each kind of try has a limit of its own', async () => {
    const headers = { 'x-forwarded-for': '198.51.100.77' };
    const from = (tenantSubdomain?: string) =>
      server.client({ headers, ...(tenantSubdomain === undefined ? {} : { tenantSubdomain }) });
    const signUp = 'mutation ($input: SignUpTenantInput!) { signUpTenant(input: $input) { user { id } } }';
    const codes: (string | undefined)[] = [];
    for (let index = 0; index < 7; index += 1) {
      const input = { subdomain: `many-${index}`, name: 'Many', email: 'a@b.example', password: PASSWORD };
      codes.push(codeOf(await from().send(signUp, { input })));
    }
    expect(codes).toEqual([...Array<undefined>(5), 'RATE_LIMITED', 'RATE_LIMITED']);

    const user = await tenant.user();
    const change =
      'mutation ($old: String!) { changePassword(currentPassword: $old, newPassword: "another long password") }';
    const wrong: (string | undefined)[] = [];
    for (let index = 0; index < WRONG_PASSWORDS_PER_ACCOUNT + 1; index += 1)
      wrong.push(codeOf(await user.client.send(change, { old: 'a wrong password' })));
    expect(wrong.at(-2)).toBe('BAD_USER_INPUT');
    expect(wrong.at(-1)).toBe('RATE_LIMITED');
    expect(codeOf(await user.client.send(change, { old: PASSWORD }))).toBe('RATE_LIMITED');
    expect(codeOf(await logIn(user.email, PASSWORD, '198.51.100.77'))).toBeUndefined();
    const lost = 'mutation ($email: String!) { requestPasswordReset(email: $email) }';
    expect(codeOf(await from(tenant.subdomain).send(lost, { email: user.email }))).toBeUndefined();
  });

  it('S12 are limited per address, be they a thousand for as many accounts', async () => {
    const attempt = (index: number) => logIn(`n${index}@people.example`, 'wrong password', '198.51.100.7');
    expect(await storm(attempt)).toEqual(limitedTo(WRONG_PASSWORDS_PER_ADDRESS));
    expect(codeOf(await logIn('another@people.example', 'wrong password', '198.51.100.8'))).toBe(
      'UNAUTHENTICATED',
    );
  });
});

describe('Requests per minute', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ env: { REQUESTS_PER_MINUTE: '25' } });
  });
  afterAll(() => server.stop());

  it('are limited per tenant over all doors, apart from other tenants and from strangers', async () => {
    const [tenant, other] = [await seedTenant(server), await seedTenant(server)];
    const { client } = tenant.admin;
    const socket = await (
      await rawSocket(server.url)
    ).init({ authorization: `Bearer ${tenant.admin.accessToken}` });
    for (let index = 0; index < 10; index += 1) {
      expect(codeOf(await client.send('{ __typename }'))).toBeUndefined();
      if (index < 9) expect(await socket.run(`q${index}`, '{ __typename }')).toHaveProperty('data');
    }
    const overHttp = await client.send('{ __typename }');
    expect([overHttp.status, codeOf(overHttp)]).toEqual([429, 'RATE_LIMITED']);
    const seconds = overHttp.errors?.[0]?.extensions.retryAfterSeconds;
    expect(seconds).toBeGreaterThan(0);
    expect(overHttp.headers.get('retry-after')).toBe(String(seconds));

    const overSocket = await socket.run('late', '{ __typename }');
    expect(overSocket.errors).toMatchObject([
      { extensions: { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) } },
    ]);
    const late = await rawSocket(server.url);
    late.send({ type: 'connection_init', payload: { authorization: `Bearer ${tenant.admin.accessToken}` } });
    expect(await late.closing()).toMatchObject({ code: 1013 });

    expect(codeOf(await other.admin.client.send('{ __typename }'))).toBeUndefined();
    socket.end();
  });

  it('S61 are limited for strangers by their address, whatever tenant and forwarded address they name', async () => {
    const codes: (string | undefined)[] = [];
    for (let index = 0; index < 26; index += 1) {
      const headers = { 'x-forwarded-for': `203.0.113.${index}` };
      codes.push(codeOf(await server.client({ headers }).send('{ __typename }')));
    }
    expect(codes).toContain('RATE_LIMITED');
    const broken = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    expect(broken.status).toBe(429);
  });
});

describe('In production', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  beforeAll(async () => {
    server = await startTestServer({
      env: {
        NODE_ENV: 'production',
        SIGN_UPS: 'open',
        PUBLIC_URL: 'http://voho.example',
        BASE_DOMAIN: 'voho.example',
        ULTRAVOX_BASE_URL: 'https://provider.example',
      },
    });
    tenant = await seedTenant(server);
  });
  afterAll(() => server.stop());

  it.each([
    getIntrospectionQuery(),
    '{ __type(name: "User") { fields { name } } }',
    '{ ...F } fragment F on Query { a: __schema { types { name } } }',
  ])('S37 only those who are signed in may read the schema: %.30s', async query => {
    const stranger = server.client({ tenantSubdomain: tenant.subdomain });
    const socket = await (await rawSocket(server.url)).init();
    // Asked for by somebody who may first: a document that has been validated once is not validated again.
    expect(codeOf(await tenant.admin.client.send(query))).toBeUndefined();
    expect(codeOf(await stranger.send(query))).toBe('UNAUTHENTICATED');
    expect((await socket.run('1', query)).errors).toMatchObject([
      { extensions: { code: 'UNAUTHENTICATED' } },
    ]);
    expect(codeOf(await stranger.send('{ __typename branding { __typename name } }'))).toBeUndefined();
    socket.end();
  });

  it('S37 the page holds no data, and no other address or field has the schema', async () => {
    const host = `${tenant.subdomain}.voho.example`;
    const page = await fetch(`${server.url}/graphql`, {
      headers: { accept: 'text/html', cookie: `voho_access=${tenant.admin.accessToken}` },
    });
    const html = await page.text();
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(html).toContain('{"demo":null}');
    for (const known of [tenant.subdomain, tenant.admin.email, tenant.admin.accessToken, host])
      expect(html).not.toContain(known);

    const SDL = /type Query|createCall|__schema|LogInInput/;
    for (const path of ['schema', 'schema.gql', 'schema.graphql', 'sdl', 'graphql/schema', 'graphql?sdl']) {
      const answer = await fetch(`${server.url}/${path}`, { headers: { 'apollo-require-preflight': '1' } });
      expect([400, 404]).toContain(answer.status);
      expect([path, await answer.text()]).toEqual([path, expect.not.stringMatching(SDL)]);
    }
    const stranger = server.client({ tenantSubdomain: tenant.subdomain });
    for (const query of ['{ _service { sdl } }', '{ _sdl }'])
      expect(codeOf(await stranger.send(query))).toBe('BAD_USER_INPUT');
  });
});
