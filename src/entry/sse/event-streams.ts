import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import {
  type ExecutionArgs,
  type ExecutionResult,
  getOperationAST,
  type GraphQLError,
  OperationTypeNode,
} from 'graphql';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { toClientError, toDomainError } from '../../errors/client-error.js';
import { badInput, DomainError } from '../../errors/domain-error.js';
import { ERROR_CODES } from '../../errors/error-codes.js';
import { Metrics } from '../../telemetry/metrics.js';
import { clientIp } from '../../tenancy/client-ip.js';
import type { TenantScope } from '../../tenancy/tenant-scope.js';
import {
  asGraphQLError,
  contextOf,
  OperationRunner,
  type TextOperation,
} from '../graphql/operation-runner.js';
import { notesOf } from '../http/http-request.js';
import { refuse } from '../http/refuse.js';
import { PersistedOperations } from '../persisted/persisted-operations.js';
import { type Admission, ScopeFactory } from '../scope-factory.js';
import { StreamEnds } from '../stream-ends.js';
import { type Closing, CLOSINGS } from '../sockets/close-codes.js';
import { SocketCaps } from '../sockets/socket-caps.js';
import { EventStream } from './event-stream.js';
import { headOf, type Resumable, resumable } from './resumption.js';
import { streamFault } from './stream-faults.js';
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
    private readonly ends: StreamEnds,
    private readonly persisted: PersistedOperations,
    private readonly metrics: Metrics,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Admits the sender before the body is read; what it may not do is answered in plain HTTP. */
  readonly admit = async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    if (this.isDraining) {
      this.refuse(request, response, stopping());
      return;
    }
    const fault = streamFault(request, this.settings);
    if (fault) {
      if (fault.status === 405) response.setHeader('Allow', 'GET, POST');
      this.refuse(request, response, fault.error, fault.status);
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
      if (request.method === 'GET' && 'document' in prepared && kindOf(prepared) === MUTATION) {
        response.setHeader('Allow', 'POST');
        this.refuse(request, response, mutationByGet(), 405);
        return;
      }
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
    const stopWatching = this.ends.watch(admission, closing => {
      this.end(stream, scope, closing);
    });
    response.once('close', stopWatching);
    try {
      if (this.isDraining) stream.cut(CLOSINGS.draining);
      if ('document' in prepared) await this.run(stream, response, prepared);
      else await stream.next({ errors: await this.format(scope, prepared) });
    } catch (error) {
      await stream.next({ errors: await this.format(scope, [asGraphQLError(error)]) });
    }
    await stream.complete();
  };

  /** Asks all readers to come back elsewhere, and takes no new ones. Resolves when all are gone, in 3 s at most. */
  async drain(): Promise<void> {
    this.isDraining = true;
    for (const stream of this.streams) stream.cut(CLOSINGS.draining);
    const deadline = Date.now() + DRAIN_MS;
    while (this.streams.size > 0 && Date.now() < deadline) await sleep(20);
    for (const stream of this.streams) stream.destroy();
  }

  /** @throws DomainError when the sender may not come in, also with a credential that does not count. */
  private async admission(request: Request): Promise<Admission> {
    const ip = clientIp(request, this.settings.TRUSTED_PROXIES);
    const origin = { transport: 'sse' as const, ip, userAgent: request.headers['user-agent'] ?? null };
    const { requestId } = notesOf(request);
    const onKnown = (scope: TenantScope) => (notesOf(request).scope = scope);
    const admission = await this.scopes.admit({ headers: request.headers, requestId, origin, onKnown });
    const { scope } = admission;
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
    const stream = resumable(prepared);
    const lastId = lastEventId(request.headers);
    // Whoever comes back goes on where it was, whatever the operation it repeats was first sent with.
    return stream && lastId !== undefined ? stream.startingAfter(lastId) : prepared;
  }

  /** @throws DomainError RATE_LIMITED when the tenant, or the address of a stranger, has too many streams. */
  private enter({ tenant, viewer, origin }: TenantScope): () => void {
    const leave =
      tenant && viewer.kind !== 'anonymous'
        ? this.caps.enterTenant(tenant.id)
        : this.caps.enterAddress(origin.ip);
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

  /** Ends a stream as graphql-sse knows it: with an error where that is final, else by a cut line. */
  private end(stream: EventStream, scope: TenantScope, closing: Closing): void {
    if (!closing.error) {
      stream.cut(closing);
      return;
    }
    this.metrics.errors.inc({ code: closing.error });
    const error = new DomainError(closing.error, closing.reason);
    stream.refuse(closing, { errors: [toClientError(error, {}, scope.requestId)] });
  }

  private refuse(request: Request, response: Response, error: unknown, status?: number): void {
    const { code } = toDomainError(error);
    notesOf(request).errorCodes = [code];
    this.metrics.errors.inc({ code });
    refuse(request, response, error, status ?? ERROR_CODES[code].httpStatus);
  }
}

const admissions = new WeakMap<Request, Admission>();

const { MUTATION } = OperationTypeNode;

const kindOf = ({ document, operationName }: ExecutionArgs) =>
  getOperationAST(document, operationName)?.operation;

const mutationByGet = () => new DomainError('BAD_USER_INPUT', 'A mutation must be sent by POST.');

const stopping = () =>
  new DomainError('UNAVAILABLE', 'The server is about to stop: come back.', { retryAfterSeconds: 1 });
