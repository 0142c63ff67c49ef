import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { handleProtocols, makeServer } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { toDomainError } from '../../errors/client-error.js';
import { Metrics } from '../../telemetry/metrics.js';
import { clientIp } from '../../tenancy/client-ip.js';
import type { TenantScope } from '../../tenancy/tenant-scope.js';
import { MAX_BODY_BYTES } from '../http/json-body.js';
import { OperationRunner } from '../graphql/operation-runner.js';
import { FloodError, LATE_MS } from '../limits/late-refusals.js';
import { ScopeFactory } from '../scope-factory.js';
import { faultOfJson } from '../../validation/json-size.js';
import { isAllowedOrigin } from './allowed-origin.js';
import { StreamEnds } from '../stream-ends.js';
import { BREACHES, type Closing, CLOSINGS, refusedClosing } from './close-codes.js';
import { boundFrames } from './frame-budget.js';
import { OperationIds } from './operation-ids.js';
import { withOwnErrors } from './own-errors.js';
import { MAX_OPERATIONS_PER_SOCKET, MAX_UNENDED_PER_SOCKET, SocketCaps } from './socket-caps.js';
import { SocketOperations } from './socket-operations.js';
import { closeNow, send } from './socket-writer.js';
import { refuseUpgrade, UpgradeRouter } from '../../upgrades/upgrade-router.js';

/** What one socket carries from its connection on. */
interface SocketState {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly ip: string | null;
  readonly ids: OperationIds;
  /** Null until it is admitted. */
  scope: TenantScope | null;
  requestsPerMinute: number | null;
  /** Counts the socket out of the cap that it stands under. */
  leave: () => void;
}

const KEEP_ALIVE_MS = 12_000;
/** The largest message that begins no operation, and the largest of a socket that is not signed in; it may be kept. */
const MOST_CONTROL_BYTES = 16_384;

/** GraphQL over WebSocket: subprotocol graphql-transport-ws only, on the path of HTTP. */
@Injectable()
export class GraphqlSockets {
  private readonly logger = new Logger('Sockets');
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_BODY_BYTES,
    handleProtocols,
  });
  private readonly caps = new SocketCaps();
  private isDraining = false;

  constructor(
    private readonly schemaHost: GraphQLSchemaHost,
    private readonly scopes: ScopeFactory,
    private readonly operations: SocketOperations,
    private readonly runner: OperationRunner,
    private readonly ends: StreamEnds,
    private readonly metrics: Metrics,
    private readonly upgrades: UpgradeRouter,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Starts to take sockets. The schema must exist. */
  open(): void {
    const protocol = makeServer<Record<string, unknown>, SocketState>({
      schema: this.schemaHost.schema,
      connectionInitWaitTimeout: 3000,
      onConnect: async ({ extra, connectionParams }) => this.connect(extra, connectionParams ?? {}),
      onSubscribe: async ({ extra }, _id, payload) => {
        const { requestsPerMinute, ids } = extra;
        const isTooMany =
          ids.activeCount > MAX_OPERATIONS_PER_SOCKET || ids.runningCount > MAX_UNENDED_PER_SOCKET;
        return this.operations.begin(payload, { scope: scopeOf(extra), requestsPerMinute, isTooMany });
      },
      execute: args => withOwnErrors(() => this.runner.execute(args)),
      subscribe: args => withOwnErrors(() => this.runner.subscribe(args)),
      onNext: (_context, _id, payload, _args, result) => this.operations.format(payload, result),
      onError: async (_context, _id, payload, errors) => {
        const formatted = await this.operations.formatErrors(payload, errors);
        this.operations.end(payload);
        return formatted;
      },
      onComplete: (_context, _id, payload) => {
        this.operations.end(payload);
      },
    });
    this.upgrades.route('/graphql', (request, socket, head) => {
      this.upgrade(request, socket, head);
    });
    this.server.on('connection', (socket: WebSocket, request: IncomingMessage) => {
      const state = this.welcome(socket, request);
      if (!state) return;
      this.metrics.sockets.inc();
      const stopKeepAlive = keepAlive(socket);
      boundFrames(socket, () => {
        closeNow(socket, CLOSINGS.flood);
      });
      const closed = protocol.opened(
        {
          protocol: socket.protocol,
          send: async data => {
            const text = state.ids.outgoing(data);
            if (text !== null) await send(socket, text);
          },
          close: (code, reason) => {
            closeNow(socket, { code: code ?? 1000, reason: reason ?? '' });
          },
          onMessage: receive =>
            socket.on('message', data => {
              this.receive(state, data as Buffer, receive).catch((error: unknown) => {
                this.logger.error(error);
                closeNow(socket, CLOSINGS.fault);
              });
            }),
        },
        state,
      );
      socket.on('error', () => {
        // Frames that are too large or broken have been answered with their close code already.
        closeNow(socket, CLOSINGS.unreadable);
      });
      socket.once('close', (code, reason) => {
        stopKeepAlive();
        this.metrics.sockets.dec();
        state.leave();
        closed(code, String(reason)).catch((error: unknown) => {
          this.logger.warn(`A stream did not end cleanly: ${(error as Error).message}`);
        });
      });
    });
  }

  /** Asks all clients to come back elsewhere, and takes no new ones. Resolves when all are gone, in 3 s at most. */
  async drain(): Promise<void> {
    this.isDraining = true;
    for (const socket of this.server.clients) closeNow(socket, CLOSINGS.draining);
    const deadline = Date.now() + 3000;
    while (this.server.clients.size > 0 && Date.now() < deadline)
      await new Promise(resolve => setTimeout(resolve, 20));
    for (const socket of this.server.clients) socket.terminate();
  }

  /** Takes a socket in as one of somebody unknown; null, and closed, when its address has too many. */
  private welcome(socket: WebSocket, request: IncomingMessage): SocketState | null {
    const ip = clientIp(request, this.settings.TRUSTED_PROXIES);
    const leave = this.caps.enterAddress(ip);
    const ids = new OperationIds();
    if (leave) return { socket, request, ip, ids, scope: null, requestsPerMinute: null, leave };
    socket.on('error', () => undefined);
    closeNow(socket, CLOSINGS.tooMany);
    return null;
  }

  /** Hands a message to the protocol's library, which hears of each operation under a number of its own. */
  private async receive(
    state: SocketState,
    data: Buffer,
    hand: (text: string) => Promise<void>,
  ): Promise<void> {
    const { socket, ids } = state;
    const breach = breachOf(data, state);
    if (breach) {
      closeNow(socket, breach);
      return;
    }
    const incoming = ids.incoming(data.toString());
    const isControl = typeof incoming === 'string' || incoming.operation === undefined;
    if (isControl && data.length > MOST_CONTROL_BYTES) {
      closeNow(socket, BREACHES.tooLarge);
      return;
    }
    if (incoming === 'ignored') return;
    if (incoming === 'taken' || incoming === 'too long') {
      closeNow(socket, incoming === 'taken' ? BREACHES.idTaken : BREACHES.tooLarge);
      return;
    }
    const { text, operation } = incoming;
    try {
      await hand(text);
    } catch (error) {
      await this.fail(state, error, operation);
    } finally {
      if (operation !== undefined) ids.end(operation);
    }
  }

  /** Tells an error that no hook has taken: to its operation alone where it has one, which leaves the others running. */
  private async fail(state: SocketState, error: unknown, operation: number | undefined): Promise<void> {
    const { socket, ids } = state;
    if (error instanceof FloodError) {
      closeNow(socket, CLOSINGS.flood);
      return;
    }
    // graphql-ws throws this at messages that only servers send.
    if (error instanceof Error && error.message.startsWith('Unexpected message of type')) {
      closeNow(socket, BREACHES.invalidMessage);
      return;
    }
    this.logger.error(error);
    if (operation === undefined || !state.scope) return;
    const payload = await this.operations.unexpected(state.scope, error);
    const id = ids.clientIdOf(operation);
    if (id !== null) await send(socket, JSON.stringify({ id, type: 'error', payload }));
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.isDraining) {
      refuseUpgrade(socket, 503, 'Service Unavailable');
    } else if (!isAllowedOrigin(request.headers, this.settings)) {
      refuseUpgrade(socket, 403, 'Forbidden');
    } else if (handleProtocols(request.headers['sec-websocket-protocol'] ?? '') === false) {
      refuseUpgrade(socket, 400, 'Bad Request');
    } else {
      this.server.handleUpgrade(request, socket, head, upgraded =>
        this.server.emit('connection', upgraded, request),
      );
    }
  }

  /** Admits a socket by its headers and connection parameters; closes it when it may not stay. */
  private async connect(state: SocketState, parameters: Record<string, unknown>): Promise<boolean> {
    const { socket, request } = state;
    const text = (...names: string[]) =>
      names.map(name => parameters[name]).find(value => typeof value === 'string');
    const authorization = text('authorization', 'Authorization');
    const subdomain = text('x-tenant-subdomain', 'X-Tenant-Subdomain', 'tenantSubdomain');
    const headers = {
      ...request.headers,
      ...(authorization === undefined ? {} : { authorization }),
      ...(subdomain === undefined ? {} : { 'x-tenant-subdomain': subdomain }),
    };
    const userAgent = request.headers['user-agent'] ?? null;
    const origin = { transport: 'websocket' as const, ip: state.ip, userAgent };
    try {
      const { scope, expiresAt, requestsPerMinute } = await this.scopes.admit({
        headers,
        requestId: randomUUID(),
        origin,
      });
      const closing = rejection(scope) ?? this.settle(state, scope);
      if (closing) {
        closeNow(socket, closing);
        return false;
      }
      state.scope = scope;
      state.requestsPerMinute = requestsPerMinute;
      this.endWith(state, scope, expiresAt);
      return true;
    } catch (error) {
      // Whoever comes back at once is told late: until then he counts for his address.
      if (error instanceof FloodError) await sleep(LATE_MS);
      closeNow(socket, refusedClosing(toDomainError(error).code));
      return false;
    }
  }

  /** Counts a signed-in socket for its tenant instead of its address; how to close it where the tenant has too many. */
  private settle(state: SocketState, { tenant, viewer }: TenantScope): Closing | null {
    if (!tenant || viewer.kind === 'anonymous') return null;
    const leave = this.caps.enterTenant(tenant.id);
    if (!leave) return CLOSINGS.tooMany;
    state.leave();
    state.leave = leave;
    // A socket that was closed while it was let in has counted itself out already.
    if (state.socket.readyState === state.socket.CLOSED) leave();
    return null;
  }

  /** Ends the socket when its credential expires or its user's rights change. */
  private endWith({ socket }: SocketState, scope: TenantScope, expiresAt: Date | null): void {
    // A socket that was closed while it was let in will not say so again.
    if (socket.readyState === socket.CLOSED) return;
    const stop = this.ends.watch({ scope, expiresAt }, closing => {
      closeNow(socket, closing);
    });
    socket.once('close', stop);
  }
}

/** What is wrong with a message before it is read; null when nothing is. */
function breachOf(data: Buffer, { scope }: SocketState): Closing | null {
  // Text frames have been checked; a binary one may hold anything.
  if (!isUtf8(data)) return BREACHES.invalidMessage;
  if (!scope && data.length > MOST_CONTROL_BYTES) return BREACHES.tooLarge;
  return faultOfJson(data) === null ? null : BREACHES.tooLarge;
}

function scopeOf({ scope }: SocketState): TenantScope {
  if (!scope) throw new Error('The socket was not admitted');
  return scope;
}

/** A credential was sent that does not count: better to say so than to serve its sender as a stranger. */
function rejection({ viewer }: TenantScope): Closing | null {
  if (viewer.kind !== 'anonymous' || viewer.rejection === undefined) return null;
  return viewer.isFinal ? CLOSINGS.badKey : CLOSINGS.expired;
}

/** Pings, and cuts a line whose other end no longer answers. */
function keepAlive(socket: WebSocket): () => void {
  let isAlive = true;
  socket.on('pong', () => (isAlive = true));
  const timer = setInterval(() => {
    if (!isAlive) socket.terminate();
    isAlive = false;
    if (socket.readyState === socket.OPEN) socket.ping();
  }, KEEP_ALIVE_MS);
  return () => {
    clearInterval(timer);
  };
}
