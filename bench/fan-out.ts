import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSchema } from 'graphql';
import { PubSub } from 'graphql-subscriptions';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { callWithStatus, seedTenant, startCall } from '../test/kit/seed.js';
import { startTestServer } from '../test/kit/server.js';
import type { Comparison } from './comparison.js';
import type { FanOutOrder } from './fan-out-clients.js';

const SOCKETS = 200;
const PER_SOCKET = 10;
const FIELDS =
  '__typename id cursor sequence callId ... on CallStatusChanged { status previousStatus endReason }';
const QUERY = `subscription { callEvents { ${FIELDS} call { status createdAt } } }`;

/** Subscribers in a process of their own, so that reading does not slow what is measured. */
async function openSubscribers(order: FanOutOrder): Promise<ChildProcess> {
  const clients = fork(new URL('fan-out-clients.ts', import.meta.url).pathname, {
    execArgv: process.execArgv,
  });
  clients.send(order);
  await once(clients, 'message');
  return clients;
}

/** The median time from the first subscriber that hears of an event to the last one, in milliseconds. */
async function medianSpread(clients: ChildProcess): Promise<number> {
  await sleep(2000);
  clients.send('report');
  const [{ milliseconds, events }] = (await once(clients, 'message')) as [
    { milliseconds: number[]; events: number },
  ];
  if (milliseconds.length === 0) throw new Error(`None of ${events} events reached all subscribers`);
  return milliseconds.sort((a, b) => a - b)[Math.floor(milliseconds.length / 2)] ?? NaN;
}

async function ofVoho(): Promise<number> {
  const server = await startTestServer({ simulator: { speed: 1 }, env: { REQUESTS_PER_MINUTE: '1000000' } });
  const tenant = await seedTenant(server);
  const clients = await openSubscribers({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    connectionParams: tenant.admin.client.headers,
    query: QUERY,
    sockets: SOCKETS,
    perSocket: PER_SOCKET,
  });
  const { id } = await startCall(tenant.admin.client);
  await callWithStatus(tenant.admin.client, id as string, 'COMPLETED');
  const spread = await medianSpread(clients);
  await server.stop();
  return spread;
}

const PEER_SCHEMA = buildSchema(`
  type Call { status: String! createdAt: String! }
  type CallStatusChanged { id: ID! cursor: String! sequence: Int! callId: ID! call: Call status: String! previousStatus: String endReason: String }
  type Query { nothing: Int }
  type Subscription { callEvents: CallStatusChanged! }`);

/** graphql-ws as its documentation shows it, with events from memory: nothing stored, nobody asked for his rights. */
async function ofPeer(): Promise<number> {
  const bell = new PubSub<{ event: object }>({ eventEmitter: new EventEmitter().setMaxListeners(0) });
  const http = createServer();
  const sockets = new WebSocketServer({ server: http });
  useServer(
    {
      schema: PEER_SCHEMA,
      roots: { subscription: { callEvents: () => bell.asyncIterableIterator('event') } },
    },
    sockets,
  );
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as { port: number };
  const clients = await openSubscribers({
    url: `ws://127.0.0.1:${port}`,
    connectionParams: {},
    query: QUERY.replace('... on CallStatusChanged', '...'),
    sockets: SOCKETS,
    perSocket: PER_SOCKET,
  });
  for (let index = 1; index <= 10; index += 1) {
    const event = {
      id: `event_${index.toString(16).padStart(24, '0')}`,
      cursor: 'A'.repeat(24),
      sequence: index,
      callId: `call_${'0'.repeat(24)}`,
      status: 'RINGING',
      previousStatus: 'QUEUED',
      endReason: null,
      call: { status: 'RINGING', createdAt: new Date().toISOString() },
    };
    await bell.publish('event', { callEvents: event });
    await sleep(500);
  }
  const spread = await medianSpread(clients);
  for (const socket of sockets.clients) socket.terminate();
  http.close();
  return spread;
}

/** One event to many subscribers that ask the same: how long the last one waits after the first. */
export async function benchFanOut(): Promise<Comparison> {
  const peer = await ofPeer();
  const voho = await ofVoho();
  return {
    what: `an event to ${SOCKETS * PER_SOCKET} subscribers, first to last`,
    unit: 'ms (less is better)',
    voho,
    peer,
    peerName: 'graphql-ws on events in memory',
  };
}
