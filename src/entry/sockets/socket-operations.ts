import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { SubscribePayload } from 'graphql-ws';
import type { ExecutionArgs, FormattedExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { DomainError } from '../../errors/domain-error.js';
import { LOG } from '../../telemetry/logger.js';
import { Metrics } from '../../telemetry/metrics.js';
import { type TenantScope, tenantScope } from '../../tenancy/tenant-scope.js';
import { asGraphQLError, OperationRunner } from '../graphql/operation-runner.js';
import { millisecondsSince, whoseLine } from '../http/request-log.js';
import { FloodError } from '../limits/late-refusals.js';
import { type Allowance, RequestLimits } from '../limits/request-limits.js';
import { PersistedOperations } from '../persisted/persisted-operations.js';
import { MAX_OPERATIONS_PER_SOCKET } from './socket-caps.js';

/** What is known of an operation while it runs. */
interface Running {
  readonly scope: TenantScope;
  readonly startedAt: bigint;
  operation: string | null;
  errorCodes: string[];
}

/** Where an operation comes from. */
export interface OperationSource extends Allowance {
  /** Whether its socket runs as many operations as it may without this one. */
  readonly isTooMany: boolean;
}

/**
 * The operations of sockets: each is a request of its own, with its own id, counted, measured and logged like one that
 * came over HTTP. graphql-ws hands the same payload to all its hooks, which is how they find what belongs to it.
 */
@Injectable()
export class SocketOperations {
  private readonly operations = new WeakMap<SubscribePayload, Running>();

  constructor(
    private readonly runner: OperationRunner,
    private readonly limits: RequestLimits,
    private readonly persisted: PersistedOperations,
    private readonly metrics: Metrics,
    @Inject(LOG) private readonly log: Logger,
  ) {}

  /** Makes an operation ready to run, or says why it may not. @throws FloodError when its socket is to be closed. */
  async begin(
    payload: SubscribePayload,
    { scope, requestsPerMinute, isTooMany }: OperationSource,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const own = tenantScope({ ...scope, requestId: randomUUID() });
    const operation: Running = {
      scope: own,
      startedAt: process.hrtime.bigint(),
      operation: null,
      errorCodes: [],
    };
    this.operations.set(payload, operation);
    const allowance = { scope: own, requestsPerMinute };
    try {
      if (isTooMany) await this.limits.refuse(allowance, tooManyAtOnce());
      await this.limits.take(allowance);
      const query = this.persisted.resolve(payload);
      const prepared = await this.runner.prepare(allowance, { ...payload, query });
      if ('document' in prepared) operation.operation = this.runner.nameOf(prepared);
      return prepared;
    } catch (error) {
      if (error instanceof FloodError) throw error;
      return [asGraphQLError(error)];
    }
  }

  /** The result as its client may see it. */
  async format(
    payload: SubscribePayload,
    result: { errors?: readonly GraphQLError[] | undefined },
  ): Promise<FormattedExecutionResult> {
    const { errors, ...rest } = result;
    return errors ? { ...rest, errors: await this.formatErrors(payload, errors) } : rest;
  }

  /** Errors as their client may see them. */
  async formatErrors(
    payload: SubscribePayload,
    errors: readonly GraphQLError[],
  ): Promise<GraphQLFormattedError[]> {
    const running = this.running(payload);
    const formatted = await this.runner.formatErrors(running.scope, errors);
    for (const { extensions } of formatted) {
      const code = String(extensions?.['code']);
      this.metrics.errors.inc({ code });
      if (running.errorCodes.length < 10) running.errorCodes.push(code);
    }
    return formatted;
  }

  /** What a client is told of an error that nothing else has taken. */
  async unexpected(scope: TenantScope, error: unknown): Promise<GraphQLFormattedError[]> {
    const own = tenantScope({ ...scope, requestId: randomUUID() });
    const formatted = await this.runner.formatErrors(own, [asGraphQLError(error)]);
    for (const { extensions } of formatted) this.metrics.errors.inc({ code: String(extensions?.['code']) });
    return formatted;
  }

  /** Notes that an operation is over, be it by its end, an error, its client's wish or its socket's end. */
  end(payload: SubscribePayload): void {
    const running = this.operations.get(payload);
    if (!running || !this.operations.delete(payload)) return;
    const { scope, startedAt, operation, errorCodes } = running;
    this.log.info(
      {
        requestId: scope.requestId,
        ...whoseLine(scope),
        operation,
        ...(errorCodes.length > 0 ? { errors: errorCodes } : {}),
        durationMs: millisecondsSince(startedAt),
      },
      'request',
    );
  }

  private running(payload: SubscribePayload): Running {
    const running = this.operations.get(payload);
    if (!running) throw new Error('The operation has not begun');
    return running;
  }
}

function tooManyAtOnce(): DomainError {
  const message = `At most ${MAX_OPERATIONS_PER_SOCKET} operations run on one socket at a time: end one first.`;
  return new DomainError('RATE_LIMITED', message, { retryAfterSeconds: 1 });
}
