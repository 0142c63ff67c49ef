import { parentPort, workerData } from 'node:worker_threads';
import WebSocket from 'ws';

/** Who listens where, and what each says after connecting; `{}` for a plain socket. */
export interface ListenerOrder {
  readonly url: string;
  readonly count: number;
  readonly protocol: string | null;
  readonly greetings: readonly string[];
}

/**
 * Holds many sockets on a thread of its own, so that sending and hearing do not wait for each other. Tells
 * 'ready' once all listen, then per message that all have heard how long it took from the first to the last.
 */
const { url, count, protocol, greetings } = workerData as ListenerOrder;
const heard = new Map<string, number[]>();

function listen(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = protocol === null ? new WebSocket(url) : new WebSocket(url, protocol);
    socket.on('error', reject);
    socket.on('open', () => {
      for (const greeting of greetings.slice(0, 1)) socket.send(greeting);
      if (greetings.length === 0) resolve();
    });
    socket.on('message', (data: Buffer) => {
      const now = performance.now();
      const text = data.toString('utf8');
      if (text.includes('connection_ack')) {
        for (const greeting of greetings.slice(1)) socket.send(greeting);
        setTimeout(resolve, 1000);
        return;
      }
      if (!text.includes('"next"')) return;
      const times = heard.get(text) ?? [];
      times.push(now);
      heard.set(text, times);
      if (times.length === count) parentPort?.postMessage(now - (times[0] ?? now));
    });
  });
}

await Promise.all(Array.from({ length: count }, listen));
parentPort?.postMessage('ready');
