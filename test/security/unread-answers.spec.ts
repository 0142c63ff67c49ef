import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { boundSlowReaders, READ_MS, UNREAD_MS } from '../../src/entry/http/slow-readers.js';
import { largestMetadata, storeHeavyCalls } from '../kit/heavy-calls.js';
import { seedTenant, startCall } from '../kit/seed.js';
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

const connections = (server: Server) =>
  new Promise<number>((resolve, reject) => {
    server.getConnections((error, count) => {
      if (error) reject(error);
      else resolve(count);
    });
  });
