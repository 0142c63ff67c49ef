import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { handleProtocols, makeServer } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { RightsWatch } from '../../auth/rights-watch.js';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { toDomainError } from '../../errors/client-error.js';
import { Metrics } from '../../telemetry/metrics.js';
import type { TenantScope } from '../../tenancy/tenant-scope.js';
import { addressGroup } from '../../tenancy/address-group.js';
import { clientIp } from '../client-ip.js';
import { MAX_BODY_BYTES } from '../http/json-body.js';
import { OperationRunner } from '../graphql/operation-runner.js';
import { FloodError, LATE_MS } from '../limits/late-refusals.js';
import { RequestLimits } from '../limits/request-limits.js';
import { ScopeFactory } from '../scope-factory.js';
import { isAllowedOrigin } from './allowed-origin.js';
import { type Closing, CLOSINGS, LOSS_CLOSINGS, refusedClosing } from './close-codes.js';
import { boundFrames } from './frame-budget.js';
import { MAX_SOCKETS_PER_TENANT, MAX_STRANGERS_PER_ADDRESS, SocketCaps } from './socket-caps.js';
import { SocketOperations } from './socket-operations.js';
import { closeNow, send } from './socket-writer.js';
import { refuseUpgrade, UpgradeRouter } from '../../upgrades/upgrade-router.js';

/** What one socket carries from its connection on. */
interface SocketState {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly ip: string | null;
  /** Null until it is admitted. */
  scope: TenantScope | null;
  requestsPerMinute: number | null;
  /** Counts the socket out of the cap that it stands under. */
  leave: () => void;
}

const KEEP_ALIVE_MS = 12_000;

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
    private readonly limits: RequestLimits,
    private readonly rights: RightsWatch,
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
      onSubscribe: async ({ extra, subscriptions }, _id, payload) => {
        const { requestsPerMinute } = extra;
        const running = Object.keys(subscriptions).length;
        return this.operations.begin(payload, { scope: scopeOf(extra), requestsPerMinute, running });
      },
      execute: args => this.runner.execute(args),
      subscribe: args => this.runner.subscribe(args),
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
          send: data => send(socket, data),
          close: (code, reason) => {
            closeNow(socket, { code: code ?? 1000, reason: reason ?? '' });
          },
          onMessage: receive =>
            socket.on('message', data => {
              receive(String(data as Buffer)).catch((error: unknown) => {
                this.fail(socket, error);
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
    const leave = this.caps.enter(`address ${addressGroup(ip ?? '')}`, MAX_STRANGERS_PER_ADDRESS);
    if (leave) return { socket, request, ip, scope: null, requestsPerMinute: null, leave };
    socket.on('error', () => undefined);
    closeNow(socket, CLOSINGS.tooMany);
    return null;
  }

  private fail(socket: WebSocket, error: unknown): void {
    if (error instanceof FloodError) {
      closeNow(socket, CLOSINGS.flood);
      return;
    }
    // graphql-ws throws this at messages that only servers send.
    if ((error as Error).message.startsWith('Unexpected message of type')) {
      closeNow(socket, { code: 4400, reason: 'Invalid message received' });
      return;
    }
    this.logger.error(error);
    closeNow(socket, { code: 4500, reason: 'Internal server error' });
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
      await this.limits.take({ scope, requestsPerMinute });
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
      await this.limits.takeFromAddress(state.ip).catch(() => undefined);
      // Whoever comes back at once is told late: until then he counts for his address.
      if (error instanceof FloodError) await sleep(LATE_MS);
      closeNow(socket, refusedClosing(toDomainError(error).code));
      return false;
    }
  }

  /** Counts a signed-in socket for its tenant instead of its address; how to close it where the tenant has too many. */
  private settle(state: SocketState, { tenant, viewer }: TenantScope): Closing | null {
    if (!tenant || viewer.kind === 'anonymous') return null;
    const leave = this.caps.enter(`tenant ${tenant.id.toHexString()}`, MAX_SOCKETS_PER_TENANT);
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
    const end = (closing: Closing) => {
      closeNow(socket, closing);
    };
    const stopWatching = this.rights.watch(scope, loss => {
      end(LOSS_CLOSINGS[loss]);
    });
    const expiry = expiresAt
      ? setTimeout(
          () => {
            end(CLOSINGS.expired);
          },
          Math.min(expiresAt.getTime() - Date.now(), 2_147_000_000),
        )
      : undefined;
    socket.once('close', () => {
      stopWatching();
      clearTimeout(expiry);
    });
  }
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
