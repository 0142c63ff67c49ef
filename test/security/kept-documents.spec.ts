import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Documents, documentHash, MAX_DOCUMENTS_BYTES } from '../../src/entry/graphql/documents.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { TRANSPORTS } from '../kit/transports.js';

const times = (count: number, part: (index: number) => string) =>
  Array.from({ length: count }, (_item, index) => part(index)).join(' ');
/** A valid document of nearly as many tokens and characters as are allowed; `mark` tells it from others. */
const large = (mark: string, selection: string) =>
  `{ ${selection} } fragment F on Call { ${times(300, index => `${mark}${'x'.repeat(50)}${index}: id`)} }`;

describe.each(TRANSPORTS)('Documents that come over %s', (_name, send) => {
  let server: TestServer;
  let documents: Documents;
  let tenant: SeededTenant;
  beforeAll(async () => {
    server = await startTestServer();
    documents = server.app.get(Documents, { strict: false });
    tenant = await seedTenant(server);
  });
  afterAll(() => server.stop());
  const ask = (query: string, token: string | null = tenant.admin.accessToken, variables = {}) =>
    send(server.url, { query, variables }, token);

  it('are kept once their operation is admitted', async () => {
    const query = `{ viewer { id } } # ${_name}`;
    await ask(query);
    expect(documents.recall(documentHash(query))).toBeDefined();
  });

  it.each([
    ['costs too much', '{ calls(first: 100) { nodes { events(first: 100) { nodes { call { id } } } } } }'],
    ['has too many aliases', `{ ${times(16, index => `a${index}: __typename`)} }`],
    ['is not valid', '{ nothing }'],
    ['does not parse', '{ viewer { id }'],
    [
      'introspects without end',
      `{ __schema { types { ${times(200, index => `f${index}: fields { name description }`)} } } }`,
    ],
    ['has wrong variables', 'query ($first: Int!) { calls(first: $first) { totalCount } }'],
  ])('leave nothing behind when their operation %s', async (_what, query) => {
    const before = documents.size;
    const reply = await ask(query);
    expect(reply.errors).toHaveLength(1);
    expect(documents.recall(documentHash(query))).toBeUndefined();
    expect(documents.size).toEqual(before);
  });

  it('leave nothing behind however many large ones are refused', async () => {
    const before = documents.size;
    for (let index = 0; index < 10; index += 1)
      await ask(
        large(
          `m${index}`,
          times(20, at => `a${at}: calls { nodes { ...F } }`),
        ),
      );
    expect(documents.size).toEqual(before);
  });
});

describe('Documents that are admitted', () => {
  it('take bounded memory, however many large ones there are', async () => {
    const server = await startTestServer();
    try {
      const documents = server.app.get(Documents, { strict: false });
      const { admin } = await seedTenant(server);
      for (let index = 0; index < 80; index += 1) {
        const query = large(`m${index}`, 'call(id: "call_x") { ...F }');
        expect((await admin.client.send(query)).errors).toBeUndefined();
      }
      expect(documents.size.bytes).toBeGreaterThan(MAX_DOCUMENTS_BYTES / 2);
      expect(documents.size.bytes).toBeLessThanOrEqual(MAX_DOCUMENTS_BYTES);
      expect(documents.size.documents).toBeLessThan(80);
    } finally {
      await server.stop();
    }
  });
});
