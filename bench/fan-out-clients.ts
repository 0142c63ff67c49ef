import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';

/** What a process of subscribers is to open. */
export interface FanOutOrder {
  readonly url: string;
  readonly connectionParams: Readonly<Record<string, string>>;
  readonly query: string;
  readonly sockets: number;
  readonly perSocket: number;
}

/** How one event reached all subscribers, in milliseconds of this process's clock. */
interface Spread {
  first: number;
  last: number;
  count: number;
}

const spreads = new Map<string, Spread>();

/** Tells events apart by what they carry, without parsing: reading must not be what is measured. */
const EVENT_ID = /"id":"(event_[0-9a-f]+)"/;

async function open({ url, connectionParams, query, perSocket }: FanOutOrder): Promise<void> {
  const socket = new WebSocket(url, 'graphql-transport-ws');
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const isAcknowledged = new Promise<void>((resolve, reject) => {
    socket.once('close', (code, reason) => {
      reject(new Error(`A socket was closed: ${code} ${String(reason)}`));
    });
    socket.on('message', data => {
      const now = performance.now();
      const text = (data as Buffer).toString();
      if (text.includes('"connection_ack"')) resolve();
      const id = EVENT_ID.exec(text)?.[1];
      if (id === undefined) return;
      const spread = spreads.get(id) ?? { first: now, last: now, count: 0 };
      spreads.set(id, { ...spread, last: now, count: spread.count + 1 });
    });
  });
  socket.send(JSON.stringify({ type: 'connection_init', payload: connectionParams }));
  await isAcknowledged;
  for (let index = 0; index < perSocket; index += 1)
    socket.send(JSON.stringify({ id: `s${index}`, type: 'subscribe', payload: { query } }));
}

/** Opens everything, says so, and on `report` tells how long each event took from the first subscriber to the last. */
async function serve(order: FanOutOrder): Promise<void> {
  for (let index = 0; index < order.sockets; index += 1) await open(order);
  await sleep(2000);
  process.send?.('open');
  await once(process, 'message');
  const everybody = order.sockets * order.perSocket;
  const complete = [...spreads.values()].filter(({ count }) => count === everybody);
  process.send?.({ milliseconds: complete.map(({ first, last }) => last - first), events: spreads.size });
  process.disconnect();
}

process.once('message', (order: FanOutOrder) => {
  serve(order).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
});
