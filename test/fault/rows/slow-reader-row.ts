import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { overWebSocket } from '../load/lines.js';
import { Subscriber } from '../load/subscriber.js';
import type { FaultRow, World } from './world.js';
import { quantile } from '../quantile.js';

/** Asked for at once, all replayed from the beginning: more than the buffers on the way hold. */
const REPLAYED_BYTES = 80_000_000;
const EVENT_BYTES = 3000;
/** A socket may have a hundred. */
const MOST_STREAMS = 90;
const PADDING = Array.from({ length: 40 }, (_, index) => `pad${index}: cursor`).join(' ');
const WIDE_FEED = `subscription ($after: String) { callEvents(after: $after) { id cursor sequence callId occurredAt ${PADDING} } }`;
const MOST_GROWTH_MB = 300;

/** R5: a client stops reading. */
export const slowReader: FaultRow = {
  id: 'R5',
  title: 'Slow consumer: a socket that is not read, with 80 MB of replays on it',
  weight: 1,
  leastSeconds: 20,
  async run(world, until) {
    const { ground, journal, api } = world;
    const before = await memoryMb(world);
    let most = before;
    const watch = setInterval(() => {
      void memoryMb(world).then(now => (most = Math.max(most, now)));
    }, 250);
    const calm = neighbourDelays(world, journal.current.startedAt - 10_000);
    do {
      journal.current.times += 1;
      const events = Math.max(1, ...world.subscribers.map(({ heard }) => heard.length));
      const streams = Math.min(MOST_STREAMS, Math.ceil(REPLAYED_BYTES / EVENT_BYTES / events));
      const code = await refuseToRead(ground.url, api.accessToken, streams);
      journal.current.notes.push(`the socket that was not read was closed with ${code}`);
      if (code !== 1013)
        journal.violation(`A socket that was not read was closed with ${code}, not with 1013`);
    } while (Date.now() < until - 15_000);
    clearInterval(watch);
    journal.current.notes.push(
      `memory of the servers grew by ${Math.round(most - before)} MB at most`,
      `the neighbours' events took ${p99(neighbourDelays(world, journal.current.startedAt))} ms (p99), ${p99(calm)} ms before`,
    );
    if (most - before > MOST_GROWTH_MB)
      journal.violation(`The servers grew by ${Math.round(most - before)} MB`);
    // It comes back with nothing in hand, and has the complete history in the end.
    world.addSubscriber(
      new Subscriber('slow reader', overWebSocket(ground.url, api.accessToken, WIDE_FEED), journal),
    );
  },
};

/** Asks for much and reads nothing; the code it finds in the end, 0 for none. */
async function refuseToRead(url: string, accessToken: string, streams: number): Promise<number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  socket.on('error', () => undefined);
  let code = 0;
  const closed = new Promise<void>(resolve => {
    socket.once('close', found => {
      code = found;
      resolve();
    });
  });
  await new Promise(resolve => socket.once('open', resolve));
  const line = (socket as unknown as { _socket: Socket })._socket;
  const acknowledged = new Promise(resolve => socket.once('message', resolve));
  socket.send(
    JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${accessToken}` } }),
  );
  await acknowledged;
  line.pause();
  for (let id = 0; id < streams; id += 1) {
    const payload = { query: WIDE_FEED, variables: { after: '' } };
    socket.send(JSON.stringify({ id: String(id), type: 'subscribe', payload }));
  }
  // Longer than the server waits for one message, shorter than it leaves the close on the line.
  await sleep(18_000);
  line.resume();
  await Promise.race([closed, sleep(20_000)]);
  socket.terminate();
  return code;
}

function neighbourDelays({ subscribers }: World, since: number): number[] {
  return subscribers.flatMap(({ heard }) =>
    heard.filter(event => event.at >= since).map(event => event.delayMs),
  );
}

const p99 = (values: readonly number[]): number => quantile(values, 0.99);

async function memoryMb({ ground }: World): Promise<number> {
  let sum = 0;
  for (const { pid } of ground.servers) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    sum += Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  }
  return sum;
}
