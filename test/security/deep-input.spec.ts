import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MOST_LEVELS } from '../../src/validation/client-values.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { type Reply, TRANSPORTS } from '../kit/transports.js';

const CREATE = 'mutation ($input: CreateCallInput!) { createCall(input: $input) { id } }';
const nested = (levels: number, leaf: unknown = 1): unknown =>
  Array.from({ length: levels }).reduce(inner => ({ a: inner }), leaf);
const codeOf = ({ errors }: Reply) => errors?.[0]?.extensions.code;

describe.each(TRANSPORTS)('Values that are sent over %s', (_name, send) => {
  let server: TestServer;
  let tenant: SeededTenant;
  beforeAll(async () => {
    server = await startTestServer();
    tenant = await seedTenant(server);
  });
  afterAll(() => server.stop());
  const ask = (query: string, variables = {}) =>
    send(server.url, { query, variables }, tenant.admin.accessToken);
  const input = (variables: unknown) => ({ input: { systemPrompt: 'Greet.', variables } });

  it.each([MOST_LEVELS, 100, 181, 1500])(
    'are bad input, and change nothing, when a variable is nested %i levels deep',
    async levels => {
      const reply = await ask(CREATE, input(nested(levels)));
      expect(codeOf(reply)).toBe('BAD_USER_INPUT');
      expect(Object.keys(reply.errors?.[0]?.extensions.fields ?? {})).toEqual([
        expect.stringMatching(/^input\b/),
      ]);
      expect((await ask('{ calls { totalCount } }')).data).toEqual({ calls: { totalCount: 0 } });
    },
  );

  it('are bad input when lists or literals of the document are nested too deep', async () => {
    const lists = `${'['.repeat(200)}1${']'.repeat(200)}`;
    const objects = `${'{ a: '.repeat(200)}1${' }'.repeat(200)}`;
    for (const value of [lists, objects]) {
      const literal = await ask(
        `mutation { createCall(input: { systemPrompt: "x", variables: { a: ${value} } }) { id } }`,
      );
      expect(codeOf(literal)).toBe('BAD_USER_INPUT');
    }
    const list: unknown = JSON.parse(lists);
    expect(codeOf(await ask(CREATE, input({ a: list })))).toBe('BAD_USER_INPUT');
  });

  it.each([
    ['a name with a NUL', { a: { 'b\u0000': 1 } }],
    ['a name of the database driver', { a: [{ _bsontype: 'ObjectId' }] }],
    ['a name of the language', JSON.parse('{ "a": { "__proto__": 1 } }') as unknown],
  ])('are bad input when a value holds %s below its first level', async (_what, variables) => {
    expect(codeOf(await ask(CREATE, input(variables)))).toBe('BAD_USER_INPUT');
  });

  it('are refused for a missing right first', async () => {
    const user = await tenant.user();
    const query = 'mutation ($input: CreateAgentInput!) { createAgent(input: $input) { id } }';
    const reply = await send(server.url, { query, variables: { input: nested(200) } }, user.accessToken);
    expect(codeOf(reply)).toBe('FORBIDDEN');
  });

  it('are taken when they are nested as real ones are', async () => {
    const reply = await ask(CREATE, input({ name: 'Ada', order: { items: [{ tags: ['a', ['b']] }] } }));
    expect(reply.errors).toBeUndefined();
  });
});

describe('A variable that is nested deeper than any stack', () => {
  it.each(['/graphql', '/graphql/stream'])('is bad input on %s', async path => {
    const server = await startTestServer();
    try {
      const { admin } = await seedTenant(server);
      const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
      const response = await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: path === '/graphql' ? 'application/json' : 'text/event-stream',
          ...admin.client.headers,
        },
        body: `{"query":${JSON.stringify(CREATE)},"variables":{"input":{"systemPrompt":"x","variables":${deep}}}}`,
      });
      expect(await response.text()).toContain('"code":"BAD_USER_INPUT"');
    } finally {
      await server.stop();
    }
  });
});
