import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import WebSocket from 'ws';
import { RawHttp, rawRequest } from '../kit/raw-http.js';
import { openRawSocket } from '../kit/raw-socket.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const H2C = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' };
const QUERY = JSON.stringify({ query: '{ viewer { id } }' });

describe('A request that asks for an upgrade', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let line: RawHttp;

  beforeAll(async () => {
    server = await startTestServer();
    tenant = await seedTenant(server);
    line = await RawHttp.to(server.url);
  });
  afterAll(async () => {
    line.end();
    await server.stop();
  });

  const posted = (headers: Record<string, string>, body: string | Uint8Array = QUERY) =>
    rawRequest(
      'POST /graphql',
      { 'content-type': 'application/json', authorization: `Bearer ${tenant.admin.accessToken}`, ...headers },
      body,
    );

  it.each<[string, Record<string, string>]>([
    ['h2c, as curl --http2 does', H2C],
    ['h2c in capitals', { ...H2C, upgrade: 'H2C' }],
    ['several unknown ones', { connection: 'keep-alive, upgrade', upgrade: 'foo/2, h2c' }],
    ['TLS/1.0', { connection: 'Upgrade', upgrade: 'TLS/1.0' }],
    ['websocket by POST, which is no handshake', { connection: 'Upgrade', upgrade: 'websocket' }],
  ])('to %s is served as if it had not asked, and its connection goes on', async (_name, headers) => {
    for (const body of [QUERY, QUERY.padEnd(200_000, ' ')]) {
      line.send(posted(headers, body));
      const answer = await line.answer();
      expect([answer.status, JSON.parse(answer.body)]).toEqual([
        200,
        expect.objectContaining({ data: { viewer: { id: tenant.admin.id } } }),
      ]);
      expect(answer.headers['upgrade']).toBeUndefined();
    }
  });

  it('is served also when its body comes in pieces', async () => {
    const bytes = posted({ ...H2C, 'transfer-encoding': 'chunked', 'content-length': '' }, '');
    line.send(bytes.toString().replace('content-length: \r\n', ''));
    for (const part of [QUERY.slice(0, 5), QUERY.slice(5)]) {
      await new Promise(resolve => setTimeout(resolve, 50));
      line.send(`${part.length.toString(16)}\r\n${part}\r\n`);
    }
    line.send('0\r\n\r\n');
    expect((await line.answer()).status).toBe(200);
  });

  it('is served in its turn when it is sent before the answers to others', async () => {
    line.send(Buffer.concat([posted({}), posted({}), posted(H2C)]));
    for (const _time of [1, 2, 3]) expect((await line.answer()).body).toContain(tenant.admin.id);
  });

  it.each([
    ['GET /health/live', 200],
    ['GET /nothing', 404],
    ['GET /graphql/stream?query={viewer{id}}', 406],
    ['POST /ultravox/webhooks/call_x', 401],
    ['DELETE /graphql', 405],
  ])('to h2c at %s gets the answer %i that it gets without', async (line_, status) => {
    for (const headers of [{}, H2C]) {
      line.send(
        rawRequest(line_, {
          ...headers,
          ...(line_.startsWith('DELETE') && { 'content-type': 'application/json' }),
        }),
      );
      expect((await line.answer()).status).toBe(status);
    }
  });

  it.each(['websocket', 'WebSocket', 'websocket, foo', 'h2c, websocket'])(
    'to %s becomes a socket on its path, and is 404 elsewhere',
    async upgrade => {
      for (const [path, status] of [
        ['/graphql', 101],
        ['/nothing', 404],
      ] as const) {
        const one = await RawHttp.to(server.url);
        one.send(
          rawRequest(`GET ${path}`, {
            connection: 'Upgrade',
            upgrade,
            'sec-websocket-version': '13',
            'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
            'sec-websocket-protocol': 'graphql-transport-ws',
          }),
        );
        expect((await one.answer()).status).toBe(status);
        one.end();
      }
    },
  );

  it('to a data connection without its signature is told what is missing', async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ultravox/data/call_x`);
    const challenge = await new Promise(resolve => {
      socket.on('error', () => undefined);
      socket.once('unexpected-response', (_request, response) => {
        resolve([response.statusCode, response.headers['www-authenticate']]);
        socket.terminate();
      });
    });
    expect(challenge).toEqual([401, expect.stringContaining('Ultravox-Signature')]);
    expect(await openRawSocket(server.url, { path: '/graphqlx' })).toBe(404);
  });
});
