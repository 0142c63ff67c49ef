import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { type Reply, TRANSPORTS } from '../kit/transports.js';

const CALL = 'mutation ($input: CreateCallInput!) { createCall(input: $input) { id metadata } }';
const AGENT = 'mutation ($input: CreateAgentInput!) { createAgent(input: $input) { id name } }';

function lists(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}
const call = (more: object) => ({ input: { systemPrompt: 'Hello.', ...more } });

describe.each(TRANSPORTS)('Over %s', (_name, send) => {
  let server: TestServer;
  let tenant: SeededTenant;

  beforeAll(async () => {
    server = await startTestServer();
    tenant = await seedTenant(server);
  });
  afterAll(() => server.stop());

  const ask = (query: string, variables: object = {}): Promise<Reply> =>
    send(server.url, { query, variables }, tenant.admin.accessToken);
  const refusedAt = async (path: string, query: string, variables: object = {}): Promise<string> => {
    const { errors, data } = await ask(query, variables);
    expect([errors?.[0]?.extensions.code, Object.keys(errors?.[0]?.extensions.fields ?? {})]).toEqual([
      'BAD_USER_INPUT',
      [path],
    ]);
    expect(data ?? null).toBeNull();
    return errors?.[0]?.message ?? '';
  };

  it.each<[string, object, string]>([
    ['a type of the database', call({ variables: { a: { _bsontype: 'x' } } }), 'input.variables.a._bsontype'],
    ['NUL in a nested key', call({ variables: { a: { 'b\u0000': 1 } } }), 'input.variables.a'],
    ['180 lists in each other', call({ variables: { a: lists(180) } }), 'input.variables.a'],
    ['1000 lists in each other', call({ variables: { a: lists(1000) } }), 'input.variables.a'],
    ['the same as metadata', call({ metadata: { a: lists(180) } }), 'input.metadata.a'],
    ['a nested type as metadata', call({ metadata: { a: { _bsontype: 'x' } } }), 'input.metadata.a'],
    ['an operator in a list', call({ variables: { a: [[{ $set: 1 }]] } }), 'input.variables.a.0.0.$set'],
    ['a rounded number', call({ variables: { a: 2 ** 60 } }), 'input.variables.a'],
    ['half of a character in a prompt', call({ systemPrompt: 'a\ud800b' }), 'input.systemPrompt'],
    ['half of a character as idempotency key', call({ idempotencyKey: 'k\udfff' }), 'input.idempotencyKey'],
  ])('%s in a call is refused by its path', async (_what, variables, path) => {
    await refusedAt(path, CALL, variables);
  });

  it('keys that differ in half of a character make no call, and never share one', async () => {
    const count = async () => (await ask('{ calls { totalCount } }')).data?.calls.totalCount as number;
    const before = await count();
    for (const idempotencyKey of ['k\udfff', 'k\ud800', 'k\udfff', '\ud800\ud800', '\udfff\ud800'])
      await refusedAt('input.idempotencyKey', CALL, call({ idempotencyKey }));
    expect(await count()).toBe(before);
    // Such a half was stored as U+FFFD, which is a character as good as any.
    expect((await ask(CALL, call({ idempotencyKey: 'k\ufffd' }))).errors).toBeUndefined();
    expect(await count()).toBe(before + 1);
  });

  it('a name with half of a character is refused, as a variable, raw and escaped in the document', async () => {
    await refusedAt('input.name', AGENT, { input: { name: 'a\ud800b', systemPrompt: 'x' } });
    const document = (name: string) =>
      `mutation { createAgent(input: { systemPrompt: "\\ud83d\\ude00", name: "${name}" }) { id } }`;
    for (const name of ['a\ud800b', 'a\\ud800b', '\\uDFFF', '\\ud83d\\ud83d\\ude00', '\ude00\ud83d'])
      await refusedAt('input.name', document(name));
    expect((await ask(document('😀\\ud83d\\ude00'))).errors).toBeUndefined();
  });

  it('literals are held to what variables are held to', async () => {
    const document = (json: string) =>
      `mutation { createCall(input: { systemPrompt: "x", variables: ${json} }) { id } }`;
    await refusedAt('input.variables.a', document(`{ a: ${'['.repeat(180)}${']'.repeat(180)} }`));
    await refusedAt('input.variables.a', document('{ a: 1e999 }'));
    await refusedAt('input.variables.a', document('{ a: [123456789012345678901] }'));
    await refusedAt('input.variables.a._bsontype', document('{ a: { _bsontype: "x" } }'));
    await refusedAt('input.variables.__proto__', document('{ __proto__: { a: 1 } }'));
    expect((await ask(document('{ a: [[1.5, { b: null }]] }'))).errors).toBeUndefined();
  });

  it('a variable inside of a literal adds to its levels', async () => {
    const query = `mutation ($deep: JSONObject) {
      createCall(input: { systemPrompt: "x", variables: { a: ${'['.repeat(40)}$deep${']'.repeat(40)} } }) { id }
    }`;
    const { errors } = await ask(query, { deep: { b: lists(40) } });
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  it('keys of metadata have a rule, which the error names', async () => {
    for (const key of ['a.b', '$a', 'x'.repeat(101)]) {
      const message = await refusedAt(`input.metadata.${key}`, CALL, call({ metadata: { [key]: 'x' } }));
      expect(message).toMatch(/a key has 1 to 100 characters, no dot, no NUL and no \$ in front/);
    }
  });

  it('placeholders are filled in every script, or named as missing', async () => {
    const systemPrompt = 'Привет, {{имя}}. {{ 2nd name }} {{名前}}';
    const filled = call({ systemPrompt, variables: { имя: 'Ада', '2nd name': 'L', 名前: 'x' } });
    const { data, errors } = await ask(CALL, filled);
    expect(errors).toBeUndefined();
    const [, hex = ''] = (data?.createCall.id as string).split('_');
    const stored = await server.db.collection('calls').findOne({}, { sort: { _id: -1 } });
    expect(stored?._id.toHexString()).toBe(hex);
    expect(stored?.['systemPrompt']).toBe('Привет, Ада. L x');
    const message = await refusedAt(
      'input.variables',
      CALL,
      call({ systemPrompt, variables: { 名前: 'x' } }),
    );
    expect(message).toContain('имя, 2nd name');
  });

  it('names that cannot be seen are refused, wherever people are shown one', async () => {
    const places: [string, string, (name: string) => object][] = [
      ['input.name', AGENT, name => ({ input: { name, systemPrompt: 'x' } })],
      [
        'input.name',
        'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
        name => ({ input: { name, scopes: ['CALLS_READ'] } }),
      ],
      [
        'input.name',
        'mutation ($input: UpdateTenantInput!) { updateTenant(input: $input) { id } }',
        name => ({ input: { name } }),
      ],
      [
        'input.name',
        'mutation ($input: UpdateBrandingInput!) { updateBranding(input: $input) { name } }',
        name => ({ input: { name } }),
      ],
      [
        'input.userName',
        'mutation ($input: SignUpTenantInput!) { signUpTenant(input: $input) { user { id } } }',
        userName => ({
          input: {
            subdomain: 'unseen',
            name: 'A',
            email: 'a@b.example',
            password: 'correct horse battery',
            userName,
          },
        }),
      ],
      [
        'input.name',
        'mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { user { id } } }',
        name => ({ input: { token: 'x', password: 'correct horse battery', name } }),
      ],
    ];
    for (const [path, query, variables] of places)
      for (const name of ['\u200b', '\u2800', 'evil\u202ecod.exe'])
        await refusedAt(path, query, variables(name));
    const { data } = await ask(AGENT, { input: { name: 'שלום 👩\u200d💻', systemPrompt: 'x' } });
    expect(data?.createAgent.name).toBe('שלום 👩\u200d💻');
  });

  it('a first and a last page at once are refused, by whatever way they are asked for', async () => {
    await refusedAt('first', '{ calls(first: 2, last: 1) { nodes { id } } }');
    const query = 'query ($first: Int, $last: Int) { calls(first: $first, last: $last) { nodes { id } } }';
    await refusedAt('first', query, { first: 2, last: 1 });
    await refusedAt('first', query.replace('first: $first', 'first: 3').replace('$first: Int, ', ''), {
      last: 1,
    });
    for (const variables of [{ last: 1 }, { first: null, last: 1 }, { first: 2 }, { first: 2, last: null }])
      expect((await ask(query, variables)).errors).toBeUndefined();
  });
});

describe('A page of a list', () => {
  let server: TestServer;
  let tenant: SeededTenant;

  beforeAll(async () => {
    server = await startTestServer();
    tenant = await seedTenant(server);
  });
  afterAll(() => server.stop());

  it('has one in front or behind only while something is there', async () => {
    const { client } = tenant.admin;
    const ids: string[] = [];
    for (let index = 0; index < 4; index += 1) ids.push((await startCall(client)).id as string);
    const [oldest = '', older = '', newer = '', newest = ''] = ids;
    const info = 'nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
    const page = async (given: string) => (await client.data(`{ calls(${given}) { ${info} } }`)).calls;
    const flags = async (given: string) => {
      const { nodes, pageInfo } = await page(given);
      return [nodes.map(({ id }: { id: string }) => id), pageInfo.hasPreviousPage, pageInfo.hasNextPage];
    };
    const remove = async (id: string) => {
      await client.data('mutation ($id: ID!) { endCall(id: $id) { id } }', { id });
      await client.data('mutation ($id: ID!) { deleteCall(id: $id) }', { id });
    };
    const { endCursor: first } = (await page('first: 1')).pageInfo;
    const { startCursor: last } = (await page('last: 1')).pageInfo;
    expect(await flags('first: 1')).toEqual([[newest], false, true]);
    expect(await flags(`first: 2, after: "${first}"`)).toEqual([[newer, older], true, true]);
    expect(await flags(`last: 2, before: "${last}"`)).toEqual([[newer, older], true, true]);
    expect(await flags(`last: 1, before: "${first}"`)).toEqual([[], false, true]);
    expect(await flags(`first: 1, after: "${last}"`)).toEqual([[], true, false]);
    await remove(newest);
    expect(await flags(`first: 2, after: "${first}"`)).toEqual([[newer, older], false, true]);
    await remove(oldest);
    expect(await flags(`last: 2, before: "${last}"`)).toEqual([[newer, older], false, false]);
    await remove(newer);
    await remove(older);
    expect(await flags(`first: 1, after: "${first}"`)).toEqual([[], false, false]);
    expect(await flags(`last: 1, before: "${last}"`)).toEqual([[], false, false]);
  });

  it('of other lists too: agents, users, versions', async () => {
    const { client } = await tenant.user('ADMIN');
    const { createAgent } = await client.data(
      'mutation { createAgent(input: { name: "A", systemPrompt: "1" }) { id } }',
    );
    const { id } = createAgent;
    await client.data('mutation ($id: ID!) { updateAgent(input: { id: $id, systemPrompt: "2" }) { id } }', {
      id,
    });
    const info = 'pageInfo { hasNextPage hasPreviousPage endCursor }';
    for (const list of ['agents', 'users']) {
      const all = (await client.data(`{ ${list} { ${info} } }`))[list].pageInfo;
      expect([list, all.hasPreviousPage, all.hasNextPage]).toEqual([list, false, false]);
      const after = (await client.data(`{ ${list}(after: "${all.endCursor}") { ${info} } }`))[list].pageInfo;
      expect([list, after.hasPreviousPage, after.hasNextPage]).toEqual([list, true, false]);
    }
    const versions = `query ($id: ID!, $after: String) { agent(id: $id) { versions(first: 1, after: $after) { ${info} } } }`;
    const one = (await client.data(versions, { id })).agent.versions.pageInfo;
    expect(one).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const two = (await client.data(versions, { id, after: one.endCursor })).agent.versions.pageInfo;
    expect(two).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  });
});
