import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MOST_VALUES } from '../../src/validation/json-size.js';
import { rawSocket } from '../kit/raw-socket.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const QUERY = '{ viewer { id } }';
const FEED = 'subscription { callEvents { id } }';
const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
const many = (values: number) => `[${Array.from({ length: values }, () => '{}').join(',')}]`;
const subscribe = (payload: string) =>
  `{"id":"1","type":"subscribe","payload":{"query":"${QUERY}",${payload}}}`;

describe('JSON that takes long to read', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  beforeAll(async () => {
    server = await startTestServer();
    tenant = await seedTenant(server);
  });
  afterAll(() => server.stop());

  const isServing = async () => expect(await tenant.admin.client.data(QUERY)).toHaveProperty('viewer');

  it.each([
    ['extensions nested 12,000 levels deep', subscribe(`"extensions":${deep(12_000)}`)],
    ['variables nested 100,000 levels deep', subscribe(`"variables":{"a":${deep(100_000)}}`)],
    ['an unknown member nested 5,000 levels deep', subscribe(`"x":${deep(5000)}`)],
    ['more values than are read', subscribe(`"variables":{"a":${many(300_000)}}`)],
    ['a ping with a deep payload', `{"type":"ping","payload":${deep(12_000)}}`],
    ['parameters of the connection that are deep', `{"type":"connection_init","payload":${deep(12_000)}}`],
  ])(
    'closes the socket that sent %s with 1009, before and after its sign-in, and no other',
    async (_what, text) => {
      for (const isSignedIn of [false, true]) {
        const socket = await rawSocket(server.url);
        if (isSignedIn) await socket.init(tenant.admin.client.headers);
        socket.sendText(text);
        expect((await socket.closing()).code).toBe(1009);
        await isServing();
      }
    },
  );

  it.each([
    ['a ping', { type: 'ping', payload: { a: 'x'.repeat(17_000) } }],
    ['the end of an operation', { id: '1', type: 'complete', a: 'x'.repeat(17_000) }],
    ['an operation', { id: 'x'.repeat(1001), type: 'subscribe', payload: { query: QUERY } }],
  ])('is not taken as %s that is long: the socket is closed with 1009', async (_what, message) => {
    const socket = await (await rawSocket(server.url)).init(tenant.admin.client.headers);
    socket.send(message);
    expect((await socket.closing()).code).toBe(1009);
  });

  it('is not taken as parameters of a connection that are long, nor as an operation before them', async () => {
    const padding = { a: 'x'.repeat(17_000) };
    for (const message of [
      { type: 'connection_init', payload: padding },
      { id: '1', type: 'subscribe', payload: { query: QUERY, variables: padding } },
    ]) {
      const socket = await rawSocket(server.url);
      socket.send(message);
      expect((await socket.closing()).code).toBe(1009);
    }
  });

  it.each(['/graphql', '/graphql/stream'])('is refused with 400 at %s, before it is parsed', async path => {
    for (const variables of [many(MOST_VALUES), deep(12_000)]) {
      const response = await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: '*/*', ...tenant.admin.client.headers },
        body: `{"query":"${QUERY}","variables":{"a":${variables}}}`,
      });
      expect([response.status, await response.text()]).toEqual([
        400,
        expect.stringMatching(/"The request body (has more than 10000 values|is nested .*)\."/),
      ]);
    }
    await isServing();
  });

  it.each(['variables', 'extensions', 'unknown'])(
    'is not held by a subscription: one with large %s is refused',
    async member => {
      const socket = await (await rawSocket(server.url)).init(tenant.admin.client.headers);
      const payload = { query: FEED, [member]: { unused: 'x'.repeat(100_000) } };
      socket.send({ id: '1', type: 'subscribe', payload });
      const { type, payload: errors } = await socket.message(({ id }) => id === '1');
      expect([type, errors[0].extensions.code]).toEqual(['error', 'QUERY_TOO_COMPLEX']);
      socket.end();
    },
  );
});
