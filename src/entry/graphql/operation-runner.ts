import { Injectable, Logger } from '@nestjs/common';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  getOperationAST,
  GraphQLError,
  type GraphQLFormattedError,
  OperationTypeNode,
} from 'graphql';
import type { RequestContext } from '../../auth/request-context.js';
import { RightsWatch } from '../../auth/rights-watch.js';
import { toClientError, toDomainError } from '../../errors/client-error.js';
import { DomainError } from '../../errors/domain-error.js';
import { mapped } from '../../events/mapped.js';
import { withReadDeadline } from '../../mongo/read-deadline.js';
import { TenantRunner } from '../../tenancy/tenant-runner.js';
import type { TenantScope } from '../../tenancy/tenant-scope.js';
import { type Allowance, RequestLimits } from '../limits/request-limits.js';
import { executeBounded } from './bounded-execution.js';
import { chosenOperation } from './chosen-operation.js';
import { Documents } from './documents.js';
import { GraphqlOptions } from './graphql-options.js';
import { type OperationCost, OperationGate } from './operation-gate.js';
import { operationLabel } from './operation-label.js';
import { SharedExecutions } from './shared-executions.js';
import { assertSubscribes } from './subscription-root.js';

/** The context of an operation that is ready to run. */
interface StreamContext extends RequestContext, Allowance {
  readonly cost: OperationCost;
}

/** An operation as text, after a persisted one has been looked up. */
export interface TextOperation {
  readonly query?: unknown;
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
}

/** Runs operations of the doors that Apollo Server does not serve: sockets and server-sent events. */
@Injectable()
export class OperationRunner {
  private readonly logger = new Logger('Operations');

  constructor(
    private readonly schemaHost: GraphQLSchemaHost,
    private readonly documents: Documents,
    private readonly gate: OperationGate,
    private readonly options: GraphqlOptions,
    private readonly runner: TenantRunner,
    private readonly rights: RightsWatch,
    private readonly shared: SharedExecutions,
    private readonly limits: RequestLimits,
  ) {}

  /** Parses, validates, checks and counts an operation; the same rules as over HTTP. */
  async prepare(allowance: Allowance, sent: TextOperation): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const { schema } = this.schemaHost;
    const { query } = sent;
    // An empty name is none: clients fill it in from a form.
    const operationName = sent.operationName === '' ? null : sent.operationName;
    const variables = sent.variables ?? {};
    const { scope, requestsPerMinute } = allowance;
    try {
      if (typeof query !== 'string') return [new GraphQLError('`query` must be a text')];
      const document = this.documents.read(query);
      if (!('kind' in document)) return document;
      const operation = chosenOperation(document, operationName);
      if (operation.operation === OperationTypeNode.SUBSCRIPTION) assertSmall(sent);
      const arrived = { schema, document, operation, variables };
      const cost = await this.runner.run(scope, () => this.gate.admit(arrived, allowance));
      assertSubscribes(document, operation);
      const contextValue: StreamContext = { requestId: scope.requestId, scope, requestsPerMinute, cost };
      return { schema, document, operationName, variableValues: variables, contextValue };
    } catch (error) {
      return [asGraphQLError(error)];
    }
  }

  /** What an operation is called in logs: its kind with its name, or else with its first field. */
  nameOf({ document, operationName }: ExecutionArgs): string {
    return operationLabel(getOperationAST(document, operationName));
  }

  async execute(args: ExecutionArgs): Promise<ExecutionResult> {
    const { scope, cost, requestsPerMinute } = contextOf(args);
    const { result, bytes } = await withReadDeadline(() =>
      this.runner.run(scope, () => executeBounded(args)),
    );
    this.limits.chargeAnswer({ scope, requestsPerMinute }, { cost: cost.requested, bytes });
    return withCost(result, cost);
  }

  /** Starts a stream whose every event is resolved inside the subscriber's own scope; its first tells what it costs. */
  async subscribe(args: ExecutionArgs): Promise<ExecutionResult | AsyncIterableIterator<ExecutionResult>> {
    const { scope, cost } = contextOf(args);
    // Its start has a deadline; its events come for as long as it is open.
    const source = await withReadDeadline(() =>
      this.runner.run(scope, async () => createSourceEventStream(args)),
    );
    if (!(Symbol.asyncIterator in source)) return withCost(source, cost);
    const run = this.shared.executorOf(args, scope);
    let isTold = false;
    const results = mapped(source[Symbol.asyncIterator](), async (event: unknown) => {
      const result = await run(event);
      if (isTold) return result;
      isTold = true;
      return withCost(result, cost);
    });
    return this.runner.iterate(scope, this.watched(results));
  }

  /**
   * A stream that meets a right that is gone has the watch look at once: it closes the whole line, with the code that
   * says why, before the error could be told.
   */
  private watched<T>(source: AsyncIterableIterator<T>): AsyncIterator<T> {
    return {
      next: async () => {
        try {
          return await source.next();
        } catch (error) {
          if (isLostRight(error)) await this.rights.check().catch(() => undefined);
          throw error;
        }
      },
      return: async () => {
        // graphql-ws waits for no end that a client has asked for.
        await source.return?.().catch((error: unknown) => {
          this.logger.warn(`A stream did not end cleanly: ${(error as Error).message}`);
        });
        return { value: undefined, done: true };
      },
    };
  }

  /** Errors as clients see them, with the request's id. Never throws: a fault of its own is told as INTERNAL. */
  async formatErrors(scope: TenantScope, errors: readonly GraphQLError[]): Promise<GraphQLFormattedError[]> {
    try {
      return await this.runner.run(scope, async () => {
        await Promise.resolve();
        return errors.map(error => this.options.formatError(error.toJSON(), error));
      });
    } catch (fault) {
      this.logger.error(fault);
      return [toClientError(fault, {}, scope.requestId)];
    }
  }
}

/** A subscription holds what was sent with it, named or not, for as long as it runs. */
const MOST_SUBSCRIPTION_CHARACTERS = 32_768;

function assertSmall(sent: TextOperation): void {
  if (JSON.stringify(sent).length <= MOST_SUBSCRIPTION_CHARACTERS) return;
  throw new DomainError(
    'QUERY_TOO_COMPLEX',
    `A subscription with its variables may have ${MOST_SUBSCRIPTION_CHARACTERS} characters.`,
  );
}

const isLostRight = (error: unknown): boolean =>
  ['UNAUTHENTICATED', 'FORBIDDEN'].includes(toDomainError(error).code);

/** Who runs a prepared operation, and what it costs. */
export const contextOf = (args: ExecutionArgs): StreamContext => args.contextValue as StreamContext;

const withCost = (result: ExecutionResult, cost: OperationCost): ExecutionResult => ({
  ...result,
  extensions: { ...result.extensions, cost },
});

/** Whatever was thrown, as an error that GraphQL can tell. */
export function asGraphQLError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  const originalError = error instanceof Error ? error : new Error(String(error), { cause: error });
  return new GraphQLError(originalError.message, { originalError });
}
