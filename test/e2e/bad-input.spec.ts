import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { isInputObjectType } from 'graphql';
import type { AnswerError } from '../kit/answer-error.js';
import type { Answer, Client } from '../kit/client.js';
import { PASSWORD, seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { CALL, CALLS, DOCUMENT_CASES, FIELD_CASES, LITERAL_CASES } from './bad-input/cases.js';

/** What must never be told: places in files, stacks, the driver's and the libraries' own words. */
const INSIDE = /node_modules|\.ts\b|\.js\b|\bat \w+ \(|Mongo|E11000|ioredis|stacktrace|ECONN|\/work|\/home/;

/** Fields of documents that only the server decides on. */
const SERVERS_OWN = [
  'tenantId',
  '_id',
  'role',
  'createdAt',
  'updatedAt',
  'ownerId',
  'isActive',
  'passwordHash',
];

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

  it('S28 does not go as a cursor of another list or of another tenant', async () => {
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

  it('S41 treats a search as words, never as a pattern', async () => {
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

  it('S29 S64 ignores or refuses __proto__ wherever it stands', async () => {
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

  it('S29 takes no tenant, role, id or time from anybody: inputs have none, and one that is sent is refused', async () => {
    const { schema } = server.app.get(GraphQLSchemaHost);
    const taken = Object.values(schema.getTypeMap())
      .filter(type => isInputObjectType(type))
      .flatMap(type => Object.keys(type.getFields()).map(field => [type.name, field]))
      .filter(([, field = '']) => SERVERS_OWN.includes(field));
    expect(taken).toEqual([['InviteUserInput', 'role']]);
    const email = 'new@people.example';
    for (const [type, field, input] of [
      ['CreateCallInput', 'createCall', { systemPrompt: 'Hello.' }],
      ['UpdateTenantInput', 'updateTenant', { name: 'Mine' }],
      ['CreateAgentInput', 'createAgent', { name: 'Mine', systemPrompt: 'Hello.' }],
      ['SignUpTenantInput', 'signUpTenant', { subdomain: 'mine', name: 'Mine', email, password: PASSWORD }],
      ['InviteUserInput', 'inviteUser', { email }],
    ] as const) {
      const query = `mutation ($input: ${type}!) { ${field}(input: $input) { __typename } }`;
      for (const own of SERVERS_OWN.filter(name => type !== 'InviteUserInput' || name !== 'role')) {
        const { errors } = await send(query, { input: { ...input, [own]: 'mine' } });
        expect([errors?.[0]?.extensions.code, errors?.[0]?.message]).toEqual([
          'BAD_USER_INPUT',
          expect.stringContaining(own),
        ]);
      }
    }
    expect(await everything(server)).toBe(before);
  });

  it('S64 ignores __proto__ in addresses and in news of the provider', async () => {
    const query = '__proto__[polluted]=true&constructor[prototype][polluted]=true&query={__typename}';
    const read = await fetch(`${server.url}/graphql?${query}`, {
      headers: { 'apollo-require-preflight': '1' },
    });
    expect(await read.json()).toMatchObject({ data: { __typename: 'Query' } });
    const news = await fetch(`${server.url}/ultravox/webhooks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"event":"call.ended","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    });
    expect(news.status).toBeGreaterThanOrEqual(400);
    expect(news.status).toBeLessThan(500);
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
        415,
        () => raw(server, JSON.stringify({ query }), { 'content-type': 'text/plain' }),
      ],
      [
        'a form that no preflight preceded',
        415,
        () =>
          raw(server, `query=${encodeURIComponent(query)}`, {
            'content-type': 'application/x-www-form-urlencoded',
          }),
      ],
      ['a GET that no preflight preceded', 400, () => get(server, query, {})],
      [
        'a GET of a foreign type',
        415,
        () => get(server, query, { 'content-type': 'text/plain', 'x-requested-with': 'x' }),
      ],
      ['a mutation by GET', 405, () => get(server, 'mutation { logOut }')],
    ])('S34 S35 S36 %s gets its status in GraphQL’s shape', async (_name, status, request) => {
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
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ data: { __typename: 'Query' } });
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
  const { db } = server;
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
