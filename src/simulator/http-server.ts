import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AccountLimits } from './account-limits.js';
import type { Activity } from './activity.js';
import type { Clock } from './clock.js';
import { refusalOf } from './create-call.js';
import type { FaultRegistry } from './fault-registry.js';
import { HttpFailure, type Reply } from './http-reply.js';
import { apiRequest } from './http-request.js';
import { withListFaults, withPageSize } from './list-faults.js';
import { matchRoute, type Route } from './router.js';

/** Whether a request may use the API. */
export type KeyCheck = (apiKey: string | undefined) => boolean;

/** What the server works with. */
export interface ServerParts {
  readonly routes: readonly Route[];
  readonly faults: FaultRegistry;
  readonly limits: AccountLimits;
  readonly allows: KeyCheck;
  readonly clock: Clock;
  readonly activity: Activity;
}

/** The server of the simulator: finds the route, checks the key of `/api/` paths, applies faults of requests. */
export function simulatorServer(parts: ServerParts): Server {
  return createServer((message, response) => {
    const serve = (): Promise<unknown> =>
      answer(message, parts)
        .catch((error: unknown) => failure(error))
        .then(reply => write(response, reply, parts.clock))
        .catch(() => response.destroy());
    // Whoever steers the simulator itself may wait for it to become quiet.
    void (message.url?.startsWith('/simulator/') === true ? serve() : parts.activity.during(serve));
  });
}

async function answer(message: IncomingMessage, parts: ServerParts): Promise<Reply> {
  const { routes, faults, limits, allows, clock } = parts;
  const method = message.method ?? 'GET';
  let url = new URL(message.url ?? '/', `http://${message.headers.host ?? 'localhost'}`);
  if (url.pathname.startsWith('/api/')) {
    if (!allows([message.headers['x-api-key']].flat()[0])) {
      throw HttpFailure.of(401, 'Authentication credentials were not provided or are not valid.');
    }
    const delay = faults.takeForRequest('request-delay', method, url.pathname);
    if (delay !== undefined) await sleep(delay.delayMs, undefined, { ref: false });
    const refusal = faults.takeForRequest('request-error', method, url.pathname);
    if (refusal !== undefined) throw refusalOf(refusal, clock.now());
    limits.request(clock.now());
    url = withPageSize(url, method, faults);
  }
  const match = matchRoute(routes, method, url.pathname);
  if (match === 'nothing') throw HttpFailure.notFound();
  if (match === 'wrong method') throw HttpFailure.of(405, `Method "${method}" not allowed.`);
  const reply = await match.handle(apiRequest(message, url, match.params));
  return withListFaults(reply, url, method, faults);
}

function failure(error: unknown): Reply {
  if (error instanceof HttpFailure) return { status: error.status, json: error.body, headers: error.headers };
  return { status: 500, json: { detail: 'The simulator failed.' } };
}

async function write(response: ServerResponse, reply: Reply, clock: Clock): Promise<void> {
  if (reply === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  response.setHeader('Date', new Date(clock.now()).toUTCString());
  if ('stream' in reply) {
    response.writeHead(reply.status, reply.headers);
    await pipeline(reply.stream, response);
    return;
  }
  const body = 'json' in reply && reply.json !== undefined ? JSON.stringify(reply.json) : undefined;
  const type = body === undefined ? {} : { 'Content-Type': 'application/json' };
  response.writeHead(reply.status, { ...type, ...reply.headers });
  response.end(body);
}
