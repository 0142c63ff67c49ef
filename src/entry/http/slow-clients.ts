import type { Server } from 'node:http';

/** How long a client may take for the headers of a request, or for none at all on a new connection. */
export const HEADERS_MS = 10_000;
/** And for the whole of it: its answer, such as a stream of events, may take as long as it likes. */
export const REQUEST_MS = 30_000;
/** How often Node looks for those who take longer. */
export const LOOK_MS = 1000;

/**
 * Bounds how long somebody may hold a connection by sending slowly; whoever takes longer gets 408, and the connection is
 * closed. Must be called before the server listens.
 */
export function boundSlowClients(server: Server): void {
  server.headersTimeout = HEADERS_MS;
  server.requestTimeout = REQUEST_MS;
  // An option of createServer, which Nest does not pass on; Node reads it when it begins to listen.
  Object.assign(server, { connectionsCheckingInterval: LOOK_MS });
}
