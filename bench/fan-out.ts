import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { WebSocketServer } from 'ws';
import { seedTenant, startCall } from '../test/kit/seed.js';
import { startTestServer } from '../test/kit/server.js';
import type { Comparison } from './comparison.js';
import type { ListenerOrder } from './listeners.js';

const SUBSCRIBERS = 500;
const ROUNDS = 5;
const QUERY = 'subscription { callEvents { id sequence cursor } }';

/** Milliseconds from the first subscriber that hears an event to the last; the median over some events. */
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
  const server = await startTestServer({ simulator: { speed: 10 }, env: { REQUESTS_PER_MINUTE: '1000000' } });
  const tenant = await seedTenant(server);
  const listeners = await startListeners({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    count: SUBSCRIBERS,
    protocol: 'graphql-transport-ws',
    greetings: [
      JSON.stringify({
        type: 'connection_init',
        payload: { authorization: `Bearer ${tenant.admin.accessToken}` },
      }),
      JSON.stringify({ id: '1', type: 'subscribe', payload: { query: QUERY } }),
    ],
  });
  for (let round = 0; round < ROUNDS; round += 1) {
    await startCall(tenant.admin.client);
    await sleep(2500);
  }
  const spread = await listeners.end();
  await server.stop();
  return spread;
}

async function broadcastSpread(): Promise<number> {
  const http = createServer();
  const server = new WebSocketServer({ server: http });
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const listeners = await startListeners({
    url: `ws://127.0.0.1:${port}`,
    count: SUBSCRIBERS,
    protocol: null,
    greetings: [],
  });
  for (let round = 0; round < ROUNDS * 10; round += 1) {
    const event = { id: 'event_6b04ab017bae198c92502e27', sequence: round, cursor: 'x'.repeat(18) };
    const frame = JSON.stringify({ id: '1', type: 'next', payload: { data: { callEvents: event } } });
    for (const client of server.clients) client.send(frame);
    await sleep(100);
  }
  const spread = await listeners.end();
  server.close();
  http.close();
  return spread;
}

/** Starts the listeners' thread; `end` stops it and gives the median spread of what all have heard. */
async function startListeners(order: ListenerOrder): Promise<{ end: () => Promise<number> }> {
  const worker = new Worker(new URL('./listeners.ts', import.meta.url), { workerData: order });
  const spreads: number[] = [];
  await new Promise<void>((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', (message: 'ready' | number) => {
      if (message === 'ready') resolve();
      else spreads.push(message);
    });
  });
  return {
    async end() {
      await worker.terminate();
      if (spreads.length === 0) throw new Error('Nothing was heard by all');
      return spreads.sort((a, b) => a - b)[Math.floor(spreads.length / 2)] ?? NaN;
    },
  };
}
