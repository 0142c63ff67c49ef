import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HEADERS_MS, LOOK_MS, REQUEST_MS } from '../../src/entry/http/slow-clients.js';
import { MAX_FRAME_BYTES, MAX_FRAMES } from '../../src/entry/sockets/frame-budget.js';
import { MAX_OPERATIONS_PER_SOCKET } from '../../src/entry/sockets/socket-caps.js';
import { type RawSocket, rawSocket } from '../kit/raw-socket.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const EVENTS = 'subscription { callEvents { id } }';

describe('Floods and trickles', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let neighbour: SeededTenant;

  beforeAll(async () => {
    server = await startTestServer();
    [tenant, neighbour] = [await seedTenant(server), await seedTenant(server)];
  });
  afterAll(() => server.stop());

  const signedIn = async ({ admin }: SeededTenant): Promise<RawSocket> =>
    (await rawSocket(server.url)).init({ authorization: `Bearer ${admin.accessToken}` });
  /** Somebody else is served, over HTTP and over a socket that was there before. */
  const isServed = async (socket: RawSocket, id: string): Promise<void> => {
    expect((await neighbour.admin.client.data('{ viewer { id } }')).viewer.id).toBe(neighbour.admin.id);
    expect(await socket.run(id, '{ __typename }')).toHaveProperty('data');
  };

  const many = (send: (socket: RawSocket) => void) => (socket: RawSocket, count: number) => {
    for (let sent = 0; sent < count; sent += 1) send(socket);
  };

  it('S48 of pings and messages are closed with 1008, while others are answered', async () => {
    const floods: ((socket: RawSocket, count: number) => Promise<void> | void)[] = [
      async (socket, count) => {
        // Pings of the line, no faster than pongs leave.
        for (let sent = 0; sent < count; sent += 50)
          await Promise.all(Array.from({ length: 50 }, () => socket.ping()));
      },
      many(socket => socket.send({ type: 'ping' })),
      many(socket => socket.send({ id: 'none', type: 'complete' })),
    ];
    const other = await signedIn(neighbour);
    const sockets = await Promise.all(floods.map(() => signedIn(tenant)));
    const all = (count: number) =>
      Promise.all(floods.map(async (flood, index) => flood(sockets[index] as RawSocket, count)));
    await all(MAX_FRAMES / 2);
    await isServed(other, '1');
    for (const socket of sockets) expect(await socket.run('still', '{ __typename }')).toHaveProperty('data');
    const flooding = all(MAX_FRAMES);
    await isServed(other, '2');
    await flooding;
    const closings = await Promise.all(sockets.map(socket => socket.closing()));
    expect(closings.map(({ code }) => code)).toEqual([1008, 1008, 1008]);
    await isServed(other, '3');
    other.end();
  });

  it('S48 of large messages are closed with 1008, while others are answered', async () => {
    const [socket, other] = [await signedIn(tenant), await signedIn(neighbour)];
    const payload = { query: '{ __typename }', variables: { a: 'x'.repeat(900_000) } };
    for (let sent = 0; sent * 900_000 < MAX_FRAME_BYTES + 900_000; sent += 1)
      socket.send({ id: `l${sent}`, type: 'subscribe', payload });
    await isServed(other, '1');
    expect(await socket.closing()).toMatchObject({ code: 1008 });
    other.end();
  });

  it('S48 of pings that come faster than pongs leave are cut, while others are answered', async () => {
    const [socket, other] = [await signedIn(tenant), await signedIn(neighbour)];
    for (let sent = 0; sent < MAX_FRAMES; sent += 1) void socket.ping();
    await isServed(other, '1');
    expect(await socket.closing()).toMatchObject({ code: 1006 });
    other.end();
  });

  it('S48 of 10,000 subscriptions on one socket run a hundred and are closed with 1008', async () => {
    const [socket, other] = [await signedIn(tenant), await signedIn(neighbour)];
    for (let index = 0; index < 10_000; index += 1)
      socket.send({ id: `s${index}`, type: 'subscribe', payload: { query: EVENTS } });
    await isServed(other, '1');
    expect(await socket.closing()).toMatchObject({ code: 1008 });
    const refused = socket.messages.filter(({ type }) => type === 'error');
    expect(refused.every(({ payload }) => payload[0].extensions.code === 'RATE_LIMITED')).toBe(true);
    const ids = new Set(refused.map(({ id }) => Number((id as string).slice(1))));
    for (let index = 0; index < MAX_OPERATIONS_PER_SOCKET; index += 1) expect(ids).not.toContain(index);
    await isServed(other, '2');
    other.end();
  });

  describe('that trickle', () => {
    const requests: [string, string][] = [
      ['nothing', ''],
      ['headers', 'GET /health/live HTTP/1.1\r\nHost: a\r\nX-Slow: '],
      [
        'headers of a handshake',
        'GET /graphql HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Slow: ',
      ],
      ...['/graphql', '/graphql/stream', '/ultravox/webhooks'].map((path): [string, string] => [
        `a body of ${path}`,
        `POST ${path} HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n{"query":"`,
      ]),
    ];
    let lines: Socket[] = [];
    let timer: NodeJS.Timeout;
    afterAll(() => {
      clearInterval(timer);
      for (const line of lines) line.destroy();
    });

    it('S48 are closed in time, while others are answered', async () => {
      const http = (server.app as INestApplication).getHttpServer() as Server & {
        connectionsCheckingInterval: number;
      };
      expect([http.headersTimeout, http.requestTimeout, http.connectionsCheckingInterval]).toEqual([
        HEADERS_MS,
        REQUEST_MS,
        LOOK_MS,
      ]);
      // The test has less patience than a server, which looks just as often.
      Object.assign(http, { headersTimeout: 700, requestTimeout: 1500 });
      const other = await signedIn(neighbour);
      lines = requests.map(() => connect(server.settings.PORT, '127.0.0.1').on('error', () => undefined));
      const said = lines.map(line => {
        const chunks: string[] = [];
        line.on('data', chunk => chunks.push(String(chunk)));
        return chunks;
      });
      const closed = lines.map(line => once(line, 'close'));
      for (const [index, [, begin]] of requests.entries()) lines[index]?.write(begin);
      timer = setInterval(() => {
        for (const line of lines.slice(1)) if (line.writable) line.write('x');
      }, 100);
      await isServed(other, '1');
      await Promise.all(closed);
      await isServed(other, '2');
      for (const [index, [what]] of requests.entries())
        expect([what, said[index]?.join('')]).toEqual([what, expect.stringMatching(/^HTTP\/1\.1 408 /)]);
      other.end();
    });
  });
});
