import type { Server } from 'node:http';

/** How long a client may take for the headers of a request, or for none at all on a new connection. */
export const HEADERS_MS = 10_000;
/** And for the whole of it: its answer, such as a stream of events, may take as long as it likes. */
export const REQUEST_MS = 30_000;
/** How often Node looks for those who take longer. */
export const LOOK_MS = 1000;

/**
 * Bounds how long a client may hold a connection: one that sends slowly gets 408, and one without a request is closed
 * after the keep-alive time. Must be called before the server listens.
 * @param keepAliveSeconds longer than proxies keep idle connections, so that it is the proxy that closes them: a request
 * that meets a closing connection is lost.
 */
export function boundConnections(server: Server, keepAliveSeconds: number): void {
  server.keepAliveTimeout = keepAliveSeconds * 1000;
  server.headersTimeout = HEADERS_MS;
  server.requestTimeout = REQUEST_MS;
  // An option of createServer, which Nest does not pass on; Node reads it when it begins to listen.
  Object.assign(server, { connectionsCheckingInterval: LOOK_MS });
}
