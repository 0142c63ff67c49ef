import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Connection } from 'mongoose';
import { MONGO_CONNECTION } from '../../src/mongo/mongo.tokens.js';
import type { AnswerError } from '../kit/answer-error.js';
import type { Answer, Client, Loose } from '../kit/client.js';
import { PASSWORD, seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const SIGN_UP = 'mutation ($input: SignUpTenantInput!) { signUpTenant(input: $input) { user { id } } }';
const LOG_IN = 'mutation ($input: LogInInput!) { logIn(input: $input) { user { id } } }';
const INVITE = 'mutation ($input: InviteUserInput!) { inviteUser(input: $input) { token } }';
const BRAND = 'mutation ($input: UpdateBrandingInput!) { updateBranding(input: $input) { name } }';
const TENANT = 'mutation ($input: UpdateTenantInput!) { updateTenant(input: $input) { id } }';
const AGENT = 'mutation ($input: CreateAgentInput!) { createAgent(input: $input) { id } }';
const CALL = 'mutation ($input: CreateCallInput!) { createCall(input: $input) { id } }';
const CALLS = `query ($first: Int, $after: String, $last: Int, $before: String, $filter: CallFilter) {
  calls(first: $first, after: $after, last: $last, before: $before, filter: $filter) { nodes { id } }
}`;
const AUDIT = 'query ($filter: AuditFilter) { auditEvents(filter: $filter) { nodes { id } } }';
const PASSWORDS = `mutation ($currentPassword: String!, $newPassword: String!) {
  changePassword(currentPassword: $currentPassword, newPassword: $newPassword)
}`;

const signUp = (change: Loose) => ({
  input: {
    subdomain: 'good-name',
    name: 'Good',
    email: 'good@name.example',
    password: PASSWORD,
    ...(change as object),
  },
});
const agent = (change: Loose) => ({
  input: { name: 'Good', systemPrompt: 'Be good.', ...(change as object) },
});
const call = (change: Loose) => ({ input: { systemPrompt: 'Be good.', ...(change as object) } });

/** Operation, variables, and the paths that `fields` must name. */
type Case = readonly [name: string, query: string, variables: Record<string, unknown>, ...paths: string[]];

const FIELD_CASES: readonly Case[] = [
  ['an e-mail address without @', SIGN_UP, signUp({ email: 'nobody' }), 'input.email'],
  [
    'an e-mail address with a line break',
    SIGN_UP,
    signUp({ email: 'a@b.example\nbcc: c@d.example' }),
    'input.email',
  ],
  ['an e-mail address with NUL', INVITE, { input: { email: 'a\u0000@b.example' } }, 'input.email'],
  [
    'an e-mail address of 10 kB',
    INVITE,
    { input: { email: `${'a'.repeat(10_000)}@b.example` } },
    'input.email',
  ],
  ['a reserved subdomain', SIGN_UP, signUp({ subdomain: 'admin' }), 'input.subdomain'],
  ['a short subdomain', SIGN_UP, signUp({ subdomain: 'ab' }), 'input.subdomain'],
  ['a long subdomain', SIGN_UP, signUp({ subdomain: 'a'.repeat(41) }), 'input.subdomain'],
  ['an odd subdomain', SIGN_UP, signUp({ subdomain: 'Odd_Name.' }), 'input.subdomain'],
  ['a subdomain with a dash at its end', SIGN_UP, signUp({ subdomain: 'odd-' }), 'input.subdomain'],
  ['a subdomain with a line break', SIGN_UP, signUp({ subdomain: 'odd\n' }), 'input.subdomain'],
  ['an empty name', SIGN_UP, signUp({ name: '  ' }), 'input.name'],
  ['a name with a line break', SIGN_UP, signUp({ name: 'a\r\nb' }), 'input.name'],
  ['a name with NUL', SIGN_UP, signUp({ userName: 'a\u0000b' }), 'input.userName'],
  ['a long name', SIGN_UP, signUp({ name: 'a'.repeat(101) }), 'input.name'],
  ['a short password', SIGN_UP, signUp({ password: 'short' }), 'input.password'],
  ['a password of 900 kB', SIGN_UP, signUp({ password: 'p'.repeat(900_000) }), 'input.password'],
  [
    'a password of 900 kB at a log-in',
    LOG_IN,
    { input: { email: 'a@b.example', password: 'p'.repeat(900_000) } },
    'input.password',
  ],
  ['a password with NUL', SIGN_UP, signUp({ password: `${PASSWORD}\u0000` }), 'input.password'],
  [
    'a new password that is short',
    PASSWORDS,
    { currentPassword: PASSWORD, newPassword: 'short' },
    'newPassword',
  ],
  [
    'several wrong fields at once',
    SIGN_UP,
    signUp({ email: '', subdomain: 'www', password: '' }),
    'input.subdomain',
    'input.email',
    'input.password',
  ],

  ['a colour by name', BRAND, { input: { primaryColor: 'red' } }, 'input.primaryColor'],
  ['a colour of three digits', BRAND, { input: { primaryColor: '#fff' } }, 'input.primaryColor'],
  ['a colour with more behind it', BRAND, { input: { primaryColor: '#ffffff;}' } }, 'input.primaryColor'],
  ['a logo that is no https URL', BRAND, { input: { logoUrl: 'javascript:alert(1)' } }, 'input.logoUrl'],
  ['a retention of no days', TENANT, { input: { retentionDays: 0 } }, 'input.retentionDays'],
  [
    'a provider key with a line break',
    TENANT,
    { input: { ultravoxApiKey: 'a\r\nX-Y: b' } },
    'input.ultravoxApiKey',
  ],

  ['an agent with temperature 7', AGENT, agent({ temperature: 7 }), 'input.temperature'],
  ['an agent with an odd language', AGENT, agent({ languageHint: 'Klingon!' }), 'input.languageHint'],
  [
    'an agent with a prompt of 20,001 characters',
    AGENT,
    agent({ systemPrompt: 'a'.repeat(20_001) }),
    'input.systemPrompt',
  ],
  ['an agent without a duration', AGENT, agent({ maxDurationSeconds: 0 }), 'input.maxDurationSeconds'],

  [
    'a phone number that is no E.164',
    CALL,
    call({ medium: 'PHONE', phoneNumber: '030 1234567' }),
    'input.phoneNumber',
  ],
  [
    'a phone number with a line break',
    CALL,
    call({ medium: 'PHONE', phoneNumber: '+4915112345678\n' }),
    'input.phoneNumber',
  ],
  ['a phone call without a number', CALL, call({ medium: 'PHONE' }), 'input.phoneNumber'],
  ['a call with neither prompt nor agent', CALL, { input: {} }, 'input.systemPrompt'],
  ['a call with temperature 7', CALL, call({ temperature: 7 }), 'input.temperature'],
  ['a call with an odd language', CALL, call({ languageHint: '../en' }), 'input.languageHint'],
  ['a call that waits -1 s', CALL, call({ maxQueueSeconds: -1 }), 'input.maxQueueSeconds'],
  ['a call of -1 s', CALL, call({ maxDurationSeconds: -1 }), 'input.maxDurationSeconds'],
  ['a call with a prompt of NUL', CALL, call({ systemPrompt: '\u0000' }), 'input.systemPrompt'],
  [
    'a call with a long idempotency key',
    CALL,
    call({ idempotencyKey: 'k'.repeat(256) }),
    'input.idempotencyKey',
  ],
  ['metadata with a number', CALL, call({ metadata: { order: 42 } }), 'input.metadata.order'],
  ['metadata with an object', CALL, call({ metadata: { order: { id: '42' } } }), 'input.metadata.order'],
  ['metadata with a list', CALL, call({ metadata: { order: ['42'] } }), 'input.metadata.order'],
  ['metadata that is a list', CALL, call({ metadata: ['42'] }), 'input.metadata'],
  ['metadata with an operator', CALL, call({ metadata: { $where: 'true' } }), 'input.metadata.$where'],
  ['metadata with a path', CALL, call({ metadata: { 'a.b': 'c' } }), 'input.metadata.a.b'],
  ['variables that are a text', CALL, call({ variables: 'name' }), 'input.variables'],
  ['variables with an operator as name', CALL, call({ variables: { $gt: '' } }), 'input.variables.$gt'],

  ['first: 100000', CALLS, { first: 100_000 }, 'first'],
  ['first: 0', CALLS, { first: 0 }, 'first'],
  ['first: -1', CALLS, { first: -1 }, 'first'],
  ['last: 101', CALLS, { last: 101 }, 'last'],
  ['a number that is no Int', CALLS, { first: 2 ** 40 }, 'first'],
  ['a fraction of a page', CALLS, { first: 1.5 }, 'first'],
  [
    'a cursor that is forged',
    CALLS,
    { after: Buffer.from('123456789[1,"0"]').toString('base64url') },
    'after',
  ],
  ['a cursor that is a text', CALLS, { after: 'abc' }, 'after'],
  ['a cursor that is empty', CALLS, { after: '' }, 'after'],
  ['a cursor with NUL', CALLS, { last: 1, before: '\u0000' }, 'before'],
  [
    'a metadata filter with an operator object',
    CALLS,
    { filter: { metadata: { order: { $gt: '' } } } },
    'filter.metadata.order',
  ],
  [
    'a metadata filter with an operator',
    CALLS,
    { filter: { metadata: { $where: 'sleep(1000)' } } },
    'filter.metadata.$where',
  ],
  ['a long search', CALLS, { filter: { search: 'a'.repeat(10_000) } }, 'filter.search'],
  ['an unknown enum value', CALLS, { filter: { statuses: ['LOST'] } }, 'filter.statuses[0]'],
  ['too many actions', AUDIT, { filter: { actions: Array(51).fill('user.login') } }, 'filter.actions'],
  ['an unknown role', INVITE, { input: { email: 'a@b.example', role: 'OWNER' } }, 'input.role'],
  ['a date that is none', CALLS, { filter: { createdAfter: 'yesterday' } }, 'filter.createdAfter'],
  ['a text in place of a number', CALLS, { first: 'ten' }, 'first'],
  ['a number in place of a text', SIGN_UP, signUp({ name: 7 }), 'input.name'],
  [
    'an operator object in place of a text',
    LOG_IN,
    { input: { email: { $gt: '' }, password: { $gt: '' } } },
    'input.email',
  ],
  ['a list in place of an object', SIGN_UP, { input: [1] }, 'input'],
  ['a text in place of an object', SIGN_UP, { input: 'x' }, 'input'],
  ['null in place of a required value', SIGN_UP, signUp({ email: null }), 'input.email'],
  ['a required value that is missing', INVITE, { input: {} }, 'input.email'],
  ['a missing variable', INVITE, {}, 'input'],
  ['a field that the input does not have', SIGN_UP, signUp({ isAdmin: true }), 'input.isAdmin'],
  ['mass assignment', INVITE, { input: { email: 'a@b.example', tenantId: 'tenant_0' } }, 'input.tenantId'],
];

const LITERAL_CASES: readonly Case[] = [
  [
    'an unknown role',
    'mutation { inviteUser(input: { email: "a@b.example", role: OWNER }) { token } }',
    {},
    'input.role',
  ],
  [
    'a role as a text',
    'mutation { inviteUser(input: { email: "a@b.example", role: "ADMIN" }) { token } }',
    {},
    'input.role',
  ],
  [
    'an unknown status in a list',
    '{ calls(filter: { statuses: [QUEUED, LOST] }) { nodes { id } } }',
    {},
    'filter.statuses',
  ],
  ['a text in place of a number', '{ calls(first: "ten") { nodes { id } } }', {}, 'first'],
  ['a number beyond Int', '{ calls(first: 99999999999) { nodes { id } } }', {}, 'first'],
  ['a required argument that is missing', 'mutation { inviteUser { token } }', {}, 'input'],
  [
    'a required field that is missing',
    'mutation { inviteUser(input: { role: USER }) { token } }',
    {},
    'input.email',
  ],
  [
    'a field that the input does not have',
    'mutation { inviteUser(input: { email: "a@b.example", admin: true }) { token } }',
    {},
    'input.admin',
  ],
  ['an argument that does not exist', '{ calls(offset: 3) { nodes { id } } }', {}, 'offset'],
  [
    'a date that is none',
    '{ calls(filter: { createdAfter: "yesterday" }) { nodes { id } } }',
    {},
    'filter.createdAfter',
  ],
  ['first: 100000', '{ calls(first: 100000) { nodes { id } } }', {}, 'first'],
  [
    'a bad colour',
    'mutation { updateBranding(input: { primaryColor: "red" }) { name } }',
    {},
    'input.primaryColor',
  ],
  [
    'metadata that is nested',
    'mutation { createCall(input: { systemPrompt: "x", metadata: { a: { b: "c" } } }) { id } }',
    {},
    'input.metadata.a',
  ],
];

const DOCUMENT_CASES: readonly Case[] = [
  ['a syntax error', '{ viewer { id }', {}],
  ['an empty query', '', {}],
  ['only a comment', '# nothing', {}],
  ['an unknown field', '{ viewer { passwordHash } }', {}],
  ['an unknown root field', '{ everything }', {}],
  [
    'fragments that spread each other',
    '{ viewer { ...A } } fragment A on User { ...B } fragment B on User { ...A }',
    {},
  ],
  ['two operations and no name', 'query A { viewer { id } } query B { viewer { id } }', {}],
  ['only a fragment', 'fragment A on User { id }', {}],
  ['a subscription over HTTP', 'subscription { dashboard { totalCalls } }', {}],
  ['a variable that is used but not declared', '{ call(id: $id) { id } }', {}],
  ['sixty unknown directives', `{ viewer ${'@a '.repeat(60)} { id } }`, {}],
];

/** What must never be told: places in files, stacks, the driver's and the libraries' own words. */
const INSIDE = /node_modules|\.ts\b|\.js\b|\bat \w+ \(|Mongo|E11000|ioredis|stacktrace|ECONN|\/work|\/home/;

describe('Bad input', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let client: Client;
  let before: string;

  beforeAll(async () => {
    server = await startTestServer();
    tenant = await seedTenant(server);
    client = tenant.admin.client;
    const { id } = await startCall(client, { metadata: { order: '42' } });
    await client.data('mutation ($id: ID!) { endCall(id: $id) { id } }', { id });
    before = await everything(server);
  });
  afterAll(() => server.stop());

  const send = (query: string, variables: Record<string, unknown>) => client.send(query, variables);

  it.each(FIELD_CASES)(
    'in a variable, %s, is refused by its path and changes nothing',
    async (_name, query, variables, ...paths) => {
      const error = refusal(await send(query, variables));
      expect(Object.keys(error.extensions.fields ?? {}).sort()).toEqual([...paths].sort());
      expect(await everything(server)).toBe(before);
    },
  );

  it.each(LITERAL_CASES)(
    'in the document, %s, is refused by its path and changes nothing',
    async (_name, query, variables, ...paths) => {
      const error = refusal(await send(query, variables));
      expect(Object.keys(error.extensions.fields ?? {})).toEqual(paths);
      expect(await everything(server)).toBe(before);
    },
  );

  it.each(DOCUMENT_CASES)('%s is refused and changes nothing', async (_name, query, variables) => {
    const answer = await send(query, variables);
    refusal(answer);
    expect(answer.status).toBe(400);
    expect(await everything(server)).toBe(before);
  });

  it('with `last` beside `after` is refused', async () => {
    const { calls } = await client.data('{ calls { pageInfo { endCursor } } }');
    const error = refusal(await send(CALLS, { last: 1, after: calls.pageInfo.endCursor }));
    expect(error.extensions.fields).toHaveProperty('after');
  });

  it('does not go as a cursor of another list or of another tenant', async () => {
    const { users } = await client.data('{ users { pageInfo { endCursor } } }');
    expect(refusal(await send(CALLS, { after: users.pageInfo.endCursor })).extensions.fields).toHaveProperty(
      'after',
    );

    const { calls } = await client.data('{ calls { pageInfo { endCursor } } }');
    const other = await seedTenant(server);
    const answer = await other.admin.client.send(CALLS, { after: calls.pageInfo.endCursor });
    expect(refusal(answer).extensions.fields).toHaveProperty('after');
    before = await everything(server);
  });

  it.each([
    '',
    'call_',
    'call_zz',
    'user_65f000000000000000000000',
    'call_65f00000000000000000000',
    '\u0000',
    '{"$gt":""}',
    'call_65f000000000000000000000',
  ])('as an id, %j, reads like an unknown one', async id => {
    const unknown = 'call_0123456789abcdef01234567';
    const ask = (which: string) => client.send('query ($id: ID!) { call(id: $id) { id } }', { id: which });
    const end = (which: string) =>
      client.send('mutation ($id: ID!) { endCall(id: $id) { id } }', { id: which });
    expect((await ask(id)).data).toEqual({ call: null });
    expect(comparable(await end(id))).toEqual(comparable(await end(unknown)));
  });

  it('treats a search as words, never as a pattern', async () => {
    for (const search of ['.*', '^(a+)+$', '(', '"', '-', '$regex', '\\']) {
      const { data, errors } = await send(CALLS, { filter: { search } });
      expect(errors?.[0]?.extensions.code ?? 'BAD_USER_INPUT').toBe('BAD_USER_INPUT');
      if (data) expect(data).toEqual({ calls: { nodes: [] } });
    }
    for (const search of ['.*', '^(a+)+$', '(', '\\']) {
      const { data } = await client.send(
        'query ($search: String) { users(search: $search) { nodes { id } } }',
        { search },
      );
      expect(data).toEqual({ users: { nodes: [] } });
    }
  });

  it('ignores or refuses __proto__ wherever it stands', async () => {
    const bodies = [
      `{"query":"{ viewer { id } }","__proto__":{"polluted":true}}`,
      `{"query":"{ viewer { id } }","variables":{"__proto__":{"polluted":true}}}`,
      `{"query":"${CALL}","variables":{"input":{"systemPrompt":"x","metadata":{"__proto__":{"polluted":"true"}}}}}`,
      `{"query":"${CALL}","variables":{"input":{"systemPrompt":"x","metadata":{"constructor":"true"}}}}`,
      `{"query":"${CALL}","variables":{"input":{"systemPrompt":"x","__proto__":{"polluted":"true"}}}}`,
    ];
    for (const [index, body] of bodies.entries()) {
      const answer = await post(server, body, { authorization: `Bearer ${tenant.admin.accessToken}` });
      const { errors } = answer.body as { errors?: AnswerError[] };
      expect([index, errors?.[0]?.extensions.code]).toEqual([
        index,
        index < 2 ? undefined : 'BAD_USER_INPUT',
      ]);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(await everything(server)).toBe(before);
  });

  describe('as a request', () => {
    const query = '{ branding(subdomain: "nobody") { name } }';

    it.each<[string, number, () => Promise<Response>]>([
      [
        'a body of 10 MB',
        413,
        () => raw(server, JSON.stringify({ query, variables: { a: 'x'.repeat(10_000_000) } })),
      ],
      ['malformed JSON', 400, () => raw(server, '{"query": ')],
      ['JSON that is a text', 400, () => raw(server, '"query"')],
      ['an array batch', 400, () => raw(server, JSON.stringify([{ query }, { query }]))],
      ['an empty object', 400, () => raw(server, '{}')],
      ['a query that is no text', 400, () => raw(server, '{"query":{"$gt":""}}')],
      ['variables that are a text', 400, () => raw(server, JSON.stringify({ query, variables: 'x' }))],
      [
        'an unknown character set',
        415,
        () => raw(server, JSON.stringify({ query }), { 'content-type': 'application/json; charset=klingon' }),
      ],
      [
        'text/plain that no preflight preceded',
        400,
        () => raw(server, JSON.stringify({ query }), { 'content-type': 'text/plain' }),
      ],
      [
        'a form that no preflight preceded',
        400,
        () =>
          raw(server, `query=${encodeURIComponent(query)}`, {
            'content-type': 'application/x-www-form-urlencoded',
          }),
      ],
      ['a GET that no preflight preceded', 400, () => get(server, query, {})],
      ['a mutation by GET', 405, () => get(server, 'mutation { logOut }')],
    ])('%s gets its status in GraphQL’s shape', async (_name, status, request) => {
      const response = await request();
      expect(response.status).toBe(status);
      expect(response.headers.get('content-type')).toMatch(/json/);
      const body = (await response.json()) as { errors: AnswerError[] };
      refusal({ ...body, status: response.status, headers: response.headers });
      expect(body.errors[0]?.extensions.requestId).toBe(response.headers.get('x-request-id'));
    });

    it('refuses persisted queries in the words that Apollo’s clients know', async () => {
      const persistedQuery = { version: 1, sha256Hash: 'a'.repeat(64) };
      const response = await raw(server, JSON.stringify({ extensions: { persistedQuery } }));
      const { errors } = (await response.json()) as { errors: AnswerError[] };
      expect(errors).toMatchObject([
        { message: 'PersistedQueryNotSupported', extensions: { code: 'BAD_USER_INPUT' } },
      ]);
    });

    it('leaves queries by GET working', async () => {
      const response = await get(server, '{ __typename }');
      expect([response.status, await response.json()]).toEqual([200, { data: { __typename: 'Query' } }]);
    });
  });
});

/** The one error of a refusal, after a look at its shape. */
function refusal({ errors, data }: Answer<unknown>): AnswerError {
  expect(data ?? null).toBeNull();
  const [error] = errors ?? [];
  if (!error) throw new Error('There is no error');
  expect(error.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    requestId: expect.stringMatching(/^[\w-]{36}$/),
  });
  expect(
    Object.keys(error).filter(key => !['message', 'locations', 'path', 'extensions'].includes(key)),
  ).toEqual([]);
  expect(Object.keys(error.extensions).filter(key => !['code', 'requestId', 'fields'].includes(key))).toEqual(
    [],
  );
  expect(error.message).not.toBe('');
  expect(error.message.length).toBeLessThan(2000);
  expect(JSON.stringify(error)).not.toMatch(INSIDE);
  return error;
}

/** An answer without what differs between any two. */
function comparable({ data, errors }: Answer<unknown>): unknown {
  return {
    data,
    errors: errors?.map(error => ({ ...error, extensions: { ...error.extensions, requestId: '' } })),
  };
}

/** How many documents each collection holds, apart from those that time alone changes. */
async function everything(server: TestServer): Promise<string> {
  const { db } = server.app.get<Connection>(MONGO_CONNECTION);
  if (!db) throw new Error('There is no database');
  const names = [
    'tenants',
    'users',
    'sessions',
    'credentials',
    'invitations',
    'agents',
    'agentVersions',
    'calls',
    'callRoutes',
  ];
  const present = (await db.listCollections().toArray()).map(({ name }) => name);
  const counts = await Promise.all(
    present
      .filter(name => names.includes(name))
      .sort()
      .map(async name => `${name} ${await db.collection(name).countDocuments()}`),
  );
  const [branding] = await db
    .collection('tenants')
    .find()
    .sort({ _id: 1 })
    .project({ branding: 1, name: 1, retentionDays: 1 })
    .toArray();
  return `${counts.join(', ')} ${JSON.stringify(branding)}`;
}

function raw(server: TestServer, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
}

async function post(server: TestServer, body: string, headers: Record<string, string>) {
  const response = await raw(server, body.replaceAll('\n', ' '), headers);
  return { status: response.status, body: await response.json() };
}

function get(
  server: TestServer,
  query: string,
  headers: Record<string, string> = { 'apollo-require-preflight': 'true' },
) {
  return fetch(`${server.url}/graphql?query=${encodeURIComponent(query)}`, { headers });
}
