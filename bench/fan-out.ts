import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import WebSocket, { WebSocketServer } from 'ws';
import { seedTenant, startCall } from '../test/kit/seed.js';
import { startTestServer } from '../test/kit/server.js';
import type { Comparison } from './comparison.js';

const SUBSCRIBERS = 500;
const ROUNDS = 10;

/** Milliseconds from the first subscriber that hears an event to the last, over some events. */
export async function benchFanOut(): Promise<Comparison> {
  return {
    what: `one event to ${SUBSCRIBERS} subscribers, first to last`,
    unit: 'ms',
    voho: await vohoSpread(),
    peer: await broadcastSpread(),
    peerName: 'a bare ws broadcast of the same bytes',
  };
}

async function vohoSpread(): Promise<number> {
  const server = await startTestServer({ simulator: { speed: 50 }, env: { REQUESTS_PER_MINUTE: '1000000' } });
  const tenant = await seedTenant(server);
  const heard = new Map<string, number[]>();
  const sockets = await Promise.all(
    Array.from({ length: SUBSCRIBERS }, () =>
      subscriber(`${server.url.replace('http', 'ws')}/graphql`, tenant.admin.accessToken, id => {
        const times = heard.get(id) ?? [];
        times.push(performance.now());
        heard.set(id, times);
      }),
    ),
  );
  for (let round = 0; round < ROUNDS; round += 1) {
    await startCall(tenant.admin.client);
    await new Promise(resolve => setTimeout(resolve, 1500));
  }
  for (const socket of sockets) socket.terminate();
  await server.stop();
  const whole = [...heard.values()].filter(times => times.length === SUBSCRIBERS);
  return mean(whole.map(times => Math.max(...times) - Math.min(...times)));
}

function subscriber(url: string, token: string, onEvent: (id: string) => void): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'graphql-transport-ws');
    socket.on('error', reject);
    socket.on('open', () => {
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }));
    });
    socket.on('message', data => {
      const message = JSON.parse(data.toString()) as {
        type: string;
        payload?: { data: { callEvents: { id: string } } };
      };
      if (message.type === 'connection_ack') {
        socket.send(
          JSON.stringify({
            id: '1',
            type: 'subscribe',
            payload: { query: 'subscription { callEvents { id sequence cursor } }' },
          }),
        );
        setTimeout(() => {
          resolve(socket);
        }, 500);
      }
      if (message.type === 'next' && message.payload) onEvent(message.payload.data.callEvents.id);
    });
  });
}

async function broadcastSpread(): Promise<number> {
  const http = createServer();
  const server = new WebSocketServer({ server: http });
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  let times: number[] = [];
  const sockets = await Promise.all(
    Array.from(
      { length: SUBSCRIBERS },
      () =>
        new Promise<WebSocket>((resolve, reject) => {
          const socket = new WebSocket(`ws://127.0.0.1:${port}`);
          socket.on('error', reject);
          socket.on('open', () => {
            resolve(socket);
          });
          socket.on('message', () => times.push(performance.now()));
        }),
    ),
  );
  const spreads: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    times = [];
    const frame = JSON.stringify({
      id: '1',
      type: 'next',
      payload: { data: { callEvents: { id: 'event_0', sequence: 1, cursor: 'x'.repeat(20) } } },
    });
    for (const client of server.clients) client.send(frame);
    await new Promise(resolve => setTimeout(resolve, 300));
    spreads.push(Math.max(...times) - Math.min(...times));
  }
  for (const socket of sockets) socket.terminate();
  server.close();
  http.close();
  return mean(spreads);
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
