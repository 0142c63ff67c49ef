import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import type { WebSocketServer } from 'ws';
import { MAX_ANSWER_BYTES } from '../../src/entry/graphql/answer-bounds.js';
import {
  boundSlowReaders,
  READ_MS,
  type ReadingBounds,
  UNREAD_MS,
} from '../../src/entry/http/slow-readers.js';
import { GraphqlSockets } from '../../src/entry/sockets/graphql-sockets.js';
import { largestMetadata, storeHeavyCalls } from '../kit/heavy-calls.js';
import { rawSocket } from '../kit/raw-socket.js';
import { callWithStatus, seedTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { until } from '../kit/until.js';

/** More than the buffers of two sockets hold. */
const LARGE = Buffer.alloc(64_000_000, 'x');

/** Sends a request and reads nothing of its answer, or some of it every now and then. */
async function silentReader(port: number, request: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(request);
  socket.pause();
  return socket;
}

describe('An answer that nobody reads', () => {
  let server: Server;
  let port: number;
  let closed: Promise<unknown> | null = null;
  beforeAll(async () => {
    server = createServer((request, response) => {
      closed = once(response, 'close');
      if (request.url === '/late') setTimeout(() => response.end('late'), UNREAD_MS + 4000);
      else response.end(LARGE);
    });
    boundSlowReaders(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('is dropped, and its connection cut, whatever route it comes from', async () => {
    const startedAt = performance.now();
    const socket = await silentReader(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => Promise.resolve(closed !== null), 'the request');
    await closed;
    expect(performance.now() - startedAt).toBeGreaterThan(UNREAD_MS);
    expect(performance.now() - startedAt).toBeLessThan(UNREAD_MS * 3);
    expect(await connections(server)).toBe(0);
    socket.destroy();
  });

  it('comes whole when it is read slowly but steadily', async () => {
    const socket = await silentReader(port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      socket.pause();
      setTimeout(() => socket.resume(), 10);
    });
    socket.resume();
    await once(socket, 'close');
    expect(bytes).toBeGreaterThan(LARGE.length);
  });

  it('is waited for as long as it is the server that takes its time', async () => {
    const response = await fetch(`http://127.0.0.1:${port}/late`);
    expect(await response.text()).toBe('late');
  });
});

/** How an answer that is sent while it is made is read: 64 KB at a time, with pauses between. */
async function readInParts(socket: Socket, pauseMs: number): Promise<number> {
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    socket.pause();
    setTimeout(() => socket.resume(), pauseMs);
  });
  socket.resume();
  await once(socket, 'close');
  return bytes;
}

describe('An answer that is sent piece by piece while it is made', () => {
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** A server of such an answer, with bounds of its own. */
  async function serve(bounds: ReadingBounds, pieces: Iterable<Buffer>): Promise<number> {
    const server = createServer((_request, response) => {
      pipeline(Readable.from(pieces), response).catch(() => undefined);
    });
    servers.push(server);
    boundSlowReaders(server, bounds);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }
  const PIECE = Buffer.alloc(64_000, 'x');
  const pieces = (count: number) => Array.from({ length: count }, () => PIECE);
  const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

  it('is cut when nothing of it is taken for a while', async () => {
    const port = await serve({ pausedMs: 1000, leastBytesPerSecond: 0 }, pieces(1000));
    const socket = await silentReader(port, REQUEST);
    const [server] = servers.slice(-1) as [Server];
    await until(async () => (await connections(server)) === 1, 'the connection');
    await until(async () => (await connections(server)) === 0, 'its end');
    socket.destroy();
  });

  it('is cut when it is taken without pause, and more slowly on the average than it must be', async () => {
    const port = await serve({ pausedMs: 1000, leastBytesPerSecond: 1e9 }, pieces(1000));
    const read = await readInParts(await silentReader(port, REQUEST), 20);
    expect(read).toBeLessThan(1000 * PIECE.length);
  });

  it('comes whole to who reads slowly, and as fast as it must', async () => {
    const port = await serve({ pausedMs: 1000, leastBytesPerSecond: 1000 }, pieces(300));
    const read = await readInParts(await silentReader(port, REQUEST), 20);
    expect(read).toBeGreaterThan(300 * PIECE.length);
  });

  it('may take its time while it is the server that has none of it', async () => {
    const bounds = { pausedMs: 1000, leastBytesPerSecond: 1e9 };
    const server = createServer((_request, response) => {
      response.write('begun, ');
      setTimeout(() => response.end('ended'), 4000);
    });
    servers.push(server);
    boundSlowReaders(server, bounds);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(await response.text()).toBe('begun, ended');
  });
});

describe('Archives and recordings', () => {
  let server: TestServer;
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'voho-read-'));
    server = await startTestServer({ env: { DATA_DIR: dataDir } });
    // Beside the server's own bounds: nobody waits for a minute here.
    const http = (server.app as INestApplication).getHttpServer() as Server;
    boundSlowReaders(http, { pausedMs: 1000, leastBytesPerSecond: 1e9 });
  });
  afterAll(async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it.each(['an archive', 'a recording'])('have these bounds too: %s is cut', async what => {
    const { id: tenantId, admin } = await seedTenant(server);
    const { id } = await startCall(admin.client);
    let url: string;
    if (what === 'an archive') {
      // Words that no compression makes short.
      for (let call = 0; call < 200; call += 1)
        await storeHeavyCalls(server.db, {
          of: id as string,
          count: 1,
          metadata: { noise: randomBytes(100_000).toString('base64') },
        });
      const { exportTenantData } = await admin.client.data('mutation { exportTenantData { downloadUrl } }');
      url = exportTenantData.downloadUrl as string;
    } else {
      await callWithStatus(admin.client, id as string, 'COMPLETED');
      const recording = async () =>
        (await admin.client.data('query ($id: ID!) { call(id: $id) { recording { url } } }', { id })).call
          .recording as { url: string } | null;
      await until(async () => (await recording()) !== null, 'the recording');
      const folder = join(dataDir, 'recordings', tenantId.slice('tenant_'.length));
      await truncate(join(folder, `${String(id).slice('call_'.length)}.wav`), 64_000_000);
      url = (await recording())?.url ?? '';
    }
    const { port, pathname, search } = new URL(url);
    const socket = await silentReader(
      Number(port),
      `GET ${pathname}${search} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    let ended = '';
    socket.on('data', (chunk: Buffer) => (ended = chunk.subarray(-5).toString('latin1')));
    const read = await readInParts(socket, 50);
    // The end of a whole archive, and the bytes of a whole recording.
    expect([ended === '0\r\n\r\n', read > 64_000_000]).toEqual([false, false]);
  });
});

describe('A large answer of GraphQL that nobody reads', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  it.each([
    ['/graphql', 'application/json'],
    ['/graphql/stream', 'text/event-stream'],
  ])('is dropped, and its connection cut, after some seconds: %s', async (path, accept) => {
    const { admin } = await seedTenant(server);
    const { id } = await startCall(admin.client);
    await storeHeavyCalls(server.db, { of: id as string, count: 100, metadata: largestMetadata() });
    const body = JSON.stringify({ query: '{ calls(first: 100) { nodes { id metadata } } }' });
    const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: ${accept}\r\nAuthorization: Bearer ${admin.accessToken}\r\nContent-Length: ${Buffer.byteLength(body)}`;
    const http = (server.app as INestApplication).getHttpServer() as Server;
    const before = await connections(http);
    const socket = await silentReader(Number(new URL(server.url).port), `${head}\r\n\r\n${body}`);
    const startedAt = performance.now();
    await until(async () => (await connections(http)) > before, 'the connection');
    await until(async () => (await connections(http)) <= before, 'its end');
    expect(performance.now() - startedAt).toBeLessThan(READ_MS);
    socket.destroy();
  });
});

describe('Large answers on a socket that nobody reads', () => {
  it('close it at a bounded buffer, and leave the sockets beside it open', async () => {
    const server = await startTestServer();
    try {
      const { admin } = await seedTenant(server);
      const { id } = await startCall(admin.client);
      await storeHeavyCalls(server.db, { of: id as string, count: 100, metadata: largestMetadata() });
      const open = async () =>
        (await rawSocket(server.url)).init({ authorization: `Bearer ${admin.accessToken}` });
      const [unread, beside] = [await open(), await open()];
      const served = [...server.app.get<{ server: WebSocketServer }>(GraphqlSockets).server.clients];
      unread.pause();
      const payload = { query: '{ calls(first: 100) { nodes { id metadata } } }' };
      for (let ask = 0; ask < 10; ask += 1) unread.send({ id: `q${ask}`, type: 'subscribe', payload });
      const ended = () => served.filter(({ readyState, CLOSED }) => readyState === CLOSED);
      let buffered = 0;
      await until(() => {
        buffered = Math.max(buffered, ...served.map(({ bufferedAmount }) => bufferedAmount));
        return Promise.resolve(ended().length > 0);
      }, 'its end');
      expect(ended()).toHaveLength(1);
      // The bound is looked at before each message; one may be as large as an answer.
      expect(buffered).toBeLessThan(MAX_ANSWER_BYTES * 2);
      expect(await beside.run('1', '{ viewer { id } }')).toMatchObject({
        data: { viewer: { id: admin.id } },
      });
      unread.end();
      beside.end();
    } finally {
      await server.stop();
    }
  });
});

const connections = (server: Server) =>
  new Promise<number>((resolve, reject) => {
    server.getConnections((error, count) => {
      if (error) reject(error);
      else resolve(count);
    });
  });
