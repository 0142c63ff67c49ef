import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery, printSchema } from 'graphql';
import { seedTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { type Reply, TRANSPORTS } from '../kit/transports.js';

const times = (count: number, part: (index: number) => string) =>
  Array.from({ length: count }, (_item, index) => part(index)).join(' ');
const codeOf = ({ errors }: Reply) => errors?.[0]?.extensions.code;

/** The queries that clients send to learn the schema. */
const ORDINARY: readonly (readonly [name: string, query: string])[] = [
  ['as graphql-js makes it', getIntrospectionQuery()],
  [
    'as GraphiQL makes it, with all options',
    getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    }),
  ],
  [
    'without descriptions, as code generators do',
    getIntrospectionQuery({ descriptions: false, typeDepth: 12 }),
  ],
];

const HOSTILE: readonly (readonly [name: string, query: string])[] = [
  [
    'fifteen schemas with their fields and descriptions again and again, by fragments',
    `{ ${times(15, index => `s${index}: __schema { types { ...T } }`)} } fragment T on __Type { ${times(20, index => `f${index}: fields { ...F }`)} } fragment F on __Field { ${times(120, index => `d${index}: description`)} }`,
  ],
  [
    'one type again and again',
    `{ ${times(15, index => `t${index}: __type(name: "Call") { ${times(8, at => `f${at}: fields { ...F }`)} }`)} } fragment F on __Field { ${times(60, index => `n${index}: name`)} }`,
  ],
  [
    'a type by a variable',
    `query ($name: String = "Query") { ${times(15, index => `t${index}: __type(name: $name) { fields { args { ...A } } }`)} } fragment A on __InputValue { ${times(290, index => `n${index}: name`)} }`,
  ],
  [
    'possible types and interfaces',
    `{ __schema { types { ${times(10, index => `p${index}: possibleTypes { fields { ${times(60, at => `d${at}: description`)} } } i${index}: interfaces { name }`)} } } }`,
  ],
  [
    'chains of ofType',
    `{ __schema { types { fields { ${times(100, index => `t${index}: type { ...C }`)} } } } } fragment C on __Type { ${times(9, index => `n${index}: name o${index}: ofType { name kind ofType { name kind } }`)} }`,
  ],
  [
    'fragments that are spread again and again',
    `{ a: __schema { ...S } b: __schema { ...S } } fragment S on __Schema { ${times(9, index => `t${index}: types { ...T }`)} } fragment T on __Type { ${times(9, index => `t${index}: fields { ...F }`)} } fragment F on __Field { ${times(50, index => `n${index}: name`)} }`,
  ],
];

describe.each(TRANSPORTS)('Introspection over %s', (_name, send) => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await startTestServer();
    token = (await (await seedTenant(server)).user()).accessToken;
  });
  afterAll(() => server.stop());

  it.each(ORDINARY)('tells a user the whole schema when it is asked for %s', async (_what, query) => {
    const reply = await send(server.url, { query }, token);
    expect(reply.errors).toBeUndefined();
    expect(printSchema(buildClientSchema(reply.data as IntrospectionQuery))).toContain(
      'type Call implements Node',
    );
    expect(reply.extensions?.cost.requested).toBeGreaterThan(1000);
  });

  it.each(HOSTILE)('is refused, with nothing of it done, when it is asked for %s', async (_what, query) => {
    const before = process.cpuUsage();
    const reply = await send(server.url, { query }, token);
    const { user } = process.cpuUsage(before);
    expect([codeOf(reply), reply.data ?? null]).toEqual(['QUERY_TOO_COMPLEX', null]);
    // Executed, each would take seconds.
    expect(user / 1000).toBeLessThan(1000);
  });

  it('costs something when only the name of one type is asked for', async () => {
    const reply = await send(server.url, { query: '{ __type(name: "Call") { name } }' }, token);
    expect(reply.data).toEqual({ __type: { name: 'Call' } });
    expect(reply.extensions?.cost.requested).toBeGreaterThan(0);
  });
});
