import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import {
  type ExecutionArgs,
  type ExecutionResult,
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
} from 'graphql';
import { RightsWatch } from '../../auth/rights-watch.js';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { toDomainError } from '../../errors/client-error.js';
import { badInput, DomainError } from '../../errors/domain-error.js';
import { ERROR_CODES } from '../../errors/error-codes.js';
import { Metrics } from '../../telemetry/metrics.js';
import type { TenantScope } from '../../tenancy/tenant-scope.js';
import { clientIp } from '../client-ip.js';
import { contextOf, OperationRunner, type TextOperation } from '../graphql/operation-runner.js';
import { notesOf } from '../http/http-request.js';
import { refuse } from '../http/refuse.js';
import { RequestLimits } from '../limits/request-limits.js';
import { PersistedOperations } from '../persisted/persisted-operations.js';
import { type Admission, ScopeFactory } from '../scope-factory.js';
import { isAllowedOrigin } from '../sockets/allowed-origin.js';
import { type Closing, CLOSINGS, LOSS_CLOSINGS } from '../sockets/close-codes.js';
import { MAX_SOCKETS_PER_TENANT, MAX_STRANGERS_PER_ADDRESS, SocketCaps } from '../sockets/socket-caps.js';
import { EventStream } from './event-stream.js';
import { headOf, type Resumable, resumable } from './resumption.js';
import { lastEventId, readStreamRequest } from './stream-request.js';

/** How long draining waits for readers to leave. */
const DRAIN_MS = 3000;

/**
 * GraphQL over server-sent events, by the graphql-sse protocol with one connection per operation, for clients behind
 * proxies that break WebSockets. What holds for sockets holds here: rights, bounds, close codes.
 */
@Injectable()
export class EventStreams {
  private readonly logger = new Logger('EventStreams');
  private readonly streams = new Set<EventStream>();
  private readonly caps = new SocketCaps();
  private isDraining = false;

  constructor(
    private readonly scopes: ScopeFactory,
    private readonly operations: OperationRunner,
    private readonly rights: RightsWatch,
    private readonly limits: RequestLimits,
    private readonly persisted: PersistedOperations,
    private readonly metrics: Metrics,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Admits the sender before the body is read; what it may not do is answered in plain HTTP. */
  readonly admit = async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const fault = this.faultOf(request);
    if (fault) {
      if (fault.status === 405) response.setHeader('Allow', 'GET, POST');
      refuse(request, response, new DomainError(fault.code, fault.message), fault.status);
      return;
    }
    try {
      const admission = await this.admission(request);
      notesOf(request).scope = admission.scope;
      admissions.set(request, admission);
      next();
    } catch (error) {
      this.refuse(request, response, error);
    }
  };

  /** Serves the operation of an admitted request. */
  readonly serve = async (request: Request, response: Response): Promise<void> => {
    const admission = admissions.get(request);
    if (!admission) throw new Error('The request was not admitted');
    const { scope } = admission;
    let prepared: ExecutionArgs | readonly GraphQLError[];
    let leave: () => void;
    try {
      const { documentId, extensions, ...sent } = readStreamRequest(request);
      const query = this.persisted.resolve({ ...sent, documentId, extensions });
      if (typeof query !== 'string') throw badInput({ query: 'must be a text' });
      prepared = await this.prepare(request, admission, { ...sent, query });
      leave = this.enter(scope);
    } catch (error) {
      this.refuse(request, response, error);
      return;
    }
    const stream = new EventStream(response);
    this.streams.add(stream);
    this.metrics.eventStreams.inc();
    response.once('close', () => {
      leave();
      this.streams.delete(stream);
      this.metrics.eventStreams.dec();
    });
    stream.open();
    this.endWith(stream, response, admission);
    try {
      if (this.isDraining) stream.close(CLOSINGS.draining);
      if ('document' in prepared) await this.run(stream, response, prepared);
      else await stream.next({ errors: await this.format(scope, prepared) });
    } catch (error) {
      const errors = [new GraphQLError((error as Error).message, { originalError: error as Error })];
      await stream.next({ errors: await this.format(scope, errors) });
    }
    await stream.complete();
  };

  /** Asks all readers to come back elsewhere, and takes no new ones. Resolves when all are gone, in 3 s at most. */
  async drain(): Promise<void> {
    this.isDraining = true;
    for (const stream of this.streams) stream.close(CLOSINGS.draining);
    const deadline = Date.now() + DRAIN_MS;
    while (this.streams.size > 0 && Date.now() < deadline) await sleep(20);
    for (const stream of this.streams) stream.destroy();
  }

  private faultOf(
    request: Request,
  ): { status: number; code: 'BAD_USER_INPUT' | 'FORBIDDEN' | 'UNAVAILABLE'; message: string } | null {
    const bad = (status: number, message: string) => ({ status, code: 'BAD_USER_INPUT' as const, message });
    const { method, headers } = request;
    if (this.isDraining)
      return { status: 503, code: 'UNAVAILABLE', message: 'The server is about to stop: come back.' };
    if (method !== 'GET' && method !== 'POST') return bad(405, 'Send GET or POST.');
    if (!isAllowedOrigin(headers, this.settings))
      return { status: 403, code: 'FORBIDDEN', message: 'This origin may not connect.' };
    const accept = headers.accept ?? '*/*';
    // A page can make a browser send other GETs than an EventSource does, but not with this header.
    if (!accept.includes('text/event-stream') && (method === 'GET' || !accept.includes('*/*')))
      return bad(406, 'Accept text/event-stream.');
    if (method === 'POST' && !request.is('application/json')) return bad(415, 'Send application/json.');
    return null;
  }

  /** @throws DomainError when the sender may not come in, also with a credential that does not count. */
  private async admission(request: Request): Promise<Admission> {
    const ip = clientIp(request, this.settings.TRUSTED_PROXIES);
    const origin = { transport: 'sse' as const, ip, userAgent: request.headers['user-agent'] ?? null };
    let admission: Admission;
    try {
      admission = await this.scopes.admit({
        headers: request.headers,
        requestId: notesOf(request).requestId,
        origin,
      });
    } catch (error) {
      await this.limits.takeFromAddress(ip);
      throw error;
    }
    const { scope } = admission;
    await this.limits.take(admission);
    if (scope.viewer.kind === 'anonymous' && scope.viewer.rejection !== undefined)
      throw new DomainError('UNAUTHENTICATED', scope.viewer.rejection);
    return admission;
  }

  private async prepare(
    request: Request,
    admission: Admission,
    sent: TextOperation,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const prepared = await this.operations.prepare(admission, sent);
    if (!('document' in prepared)) return prepared;
    notesOf(request).operation = this.operations.nameOf(prepared);
    if (request.method === 'GET' && kindOf(prepared) === OperationTypeNode.MUTATION)
      throw new DomainError('BAD_USER_INPUT', 'A mutation must be sent by POST.');
    const stream = resumable(prepared);
    const lastId = lastEventId(request.headers);
    // Whoever comes back goes on where it was, whatever the operation it repeats was first sent with.
    return stream && lastId !== undefined ? stream.goingOnAfter(lastId) : prepared;
  }

  /** @throws DomainError RATE_LIMITED when the tenant, or the address of a stranger, has too many streams. */
  private enter({ tenant, viewer, origin }: TenantScope): () => void {
    const leave =
      tenant && viewer.kind !== 'anonymous'
        ? this.caps.enter(`tenant ${tenant.id.toHexString()}`, MAX_SOCKETS_PER_TENANT)
        : this.caps.enter(`address ${origin.ip ?? ''}`, MAX_STRANGERS_PER_ADDRESS);
    if (!leave) throw new DomainError('RATE_LIMITED', 'Too many streams are open.', { retryAfterSeconds: 5 });
    return leave;
  }

  private async run(stream: EventStream, response: Response, args: ExecutionArgs): Promise<void> {
    const { scope } = contextOf(args);
    const send = async (result: ExecutionResult, id?: string) => {
      const { errors, ...rest } = result;
      await stream.next(errors ? { ...rest, errors: await this.format(scope, errors) } : rest, id);
    };
    if (kindOf(args) !== OperationTypeNode.SUBSCRIPTION) return send(await this.operations.execute(args));
    const resuming = resumable(args);
    const result = await this.operations.subscribe(
      resuming ? resuming.goingOnAfter(await this.startOf(stream, resuming, args)) : args,
    );
    if (!(Symbol.asyncIterator in result)) return send(result);
    response.once('close', () => {
      result.return?.().catch((error: unknown) => {
        this.logger.warn(`A stream did not end cleanly: ${(error as Error).message}`);
      });
    });
    if (!stream.isOpen) await result.return?.();
    for await (const part of result) {
      const { result: sent, cursor } = resuming?.takeCursor(part) ?? { result: part, cursor: undefined };
      await send(sent, cursor);
      if (!stream.isOpen) return;
    }
  }

  /**
   * Where a stream begins. One that asks for what comes is told where that is before its first event: a reader that
   * loses its line before there is any must not lose what came meanwhile.
   */
  private async startOf(stream: EventStream, resuming: Resumable, args: ExecutionArgs): Promise<string> {
    if (resuming.after !== null) return resuming.after;
    const query = await this.operations.prepare(contextOf(args), { query: resuming.headQuery });
    const answer = 'document' in query ? await this.operations.execute(query) : { errors: query };
    if (answer.errors?.[0]) throw answer.errors[0];
    const head = headOf(answer);
    if (head !== '') await stream.resumeFrom(head);
    return head;
  }

  private async format(scope: TenantScope, errors: readonly GraphQLError[]) {
    const formatted = await this.operations.formatErrors(scope, errors);
    for (const { extensions } of formatted) this.metrics.errors.inc({ code: String(extensions?.['code']) });
    return formatted;
  }

  /** Ends the stream when its credential expires or its user's rights change. */
  private endWith(stream: EventStream, response: Response, { scope, expiresAt }: Admission): void {
    const end = (closing: Closing) => {
      stream.close(closing);
    };
    const stopWatching = this.rights.watch(scope, loss => {
      end(LOSS_CLOSINGS[loss]);
    });
    const left = expiresAt ? Math.min(expiresAt.getTime() - Date.now(), 2_147_000_000) : null;
    const expiry = left === null ? undefined : setTimeout(() => end(CLOSINGS.expired), left);
    response.once('close', () => {
      stopWatching();
      clearTimeout(expiry);
    });
  }

  private refuse(request: Request, response: Response, error: unknown): void {
    const { code } = toDomainError(error);
    notesOf(request).errorCodes = [code];
    this.metrics.errors.inc({ code });
    refuse(request, response, error, ERROR_CODES[code].httpStatus);
  }
}

const admissions = new WeakMap<Request, Admission>();

const kindOf = ({ document, operationName }: ExecutionArgs) =>
  getOperationAST(document, operationName)?.operation;
