import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a server that is about to stop goes on serving at least: balancers have to notice. */
const LEAST_MS = 1000;
/** How long connections without a request are waited for. */
const IDLE_MS = 6000;
/** No request for so long says that clients have gone elsewhere. */
const QUIET_MS = 5000;
/** Bounds it all, well within the 30 s that orchestrators give a process before they end it. */
const LONGEST_MS = 20_000;

/** What orchestrators and monitors ask, also of a server that nothing else is sent to. */
const PROBES = /^\/(health|metrics)\b/;

/**
 * Goes on serving while clients leave: each answer closes its connection. Idle connections stay open, since a request may
 * be on its way over one of them. It ends when no connection is left, or after six seconds as soon as there was no request
 * for five, and after twenty seconds at the latest.
 * @param drain asks sockets and streams to come back elsewhere; called after the first second.
 */
export async function serveUntilQuiet(server: Server, drain: () => Promise<void>): Promise<void> {
  const startedAt = performance.now();
  let lastRequestAt = startedAt;
  server.prependListener('request', ({ url }: IncomingMessage, response: ServerResponse) => {
    response.setHeader('Connection', 'close');
    if (!PROBES.test(url ?? '')) lastRequestAt = performance.now();
  });
  await sleep(LEAST_MS);
  await drain();
  const isOver = () => {
    const now = performance.now();
    const isQuiet = now - startedAt >= IDLE_MS && now - lastRequestAt >= QUIET_MS;
    return isQuiet || now - startedAt >= LONGEST_MS;
  };
  while (!isOver() && (await isInUse(server))) await sleep(50);
}

const isInUse = (server: Server): Promise<boolean> =>
  new Promise(resolve => {
    server.getConnections((_error, count) => resolve(count > 0));
  });
