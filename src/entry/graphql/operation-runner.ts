import { Injectable } from '@nestjs/common';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import {
  createSourceEventStream,
  execute,
  type ExecutionArgs,
  type ExecutionResult,
  getOperationAST,
  GraphQLError,
  type GraphQLFormattedError,
  parse,
  validate,
} from 'graphql';
import type { RequestContext } from '../../auth/request-context.js';
import { RightsWatch } from '../../auth/rights-watch.js';
import { toDomainError } from '../../errors/client-error.js';
import { mapped } from '../../events/mapped.js';
import { TenantRunner } from '../../tenancy/tenant-runner.js';
import type { TenantScope } from '../../tenancy/tenant-scope.js';
import { GraphqlOptions, MAX_TOKENS } from './graphql-options.js';
import { OperationGate } from './operation-gate.js';
import { operationLabel } from './operation-label.js';
import { SharedExecutions } from './shared-executions.js';

interface StreamContext extends RequestContext {
  readonly scope: TenantScope;
}

/** Runs operations of the doors that Apollo Server does not serve: sockets and server-sent events. */
@Injectable()
export class OperationRunner {
  constructor(
    private readonly schemaHost: GraphQLSchemaHost,
    private readonly gate: OperationGate,
    private readonly options: GraphqlOptions,
    private readonly runner: TenantRunner,
    private readonly rights: RightsWatch,
    private readonly shared: SharedExecutions,
  ) {}

  /** Parses, validates and checks an operation; the same rules as over HTTP. */
  async prepare(
    scope: TenantScope,
    {
      query,
      operationName,
      variables,
    }: {
      query?: unknown;
      operationName?: string | null | undefined;
      variables?: Record<string, unknown> | null | undefined;
    },
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const { schema } = this.schemaHost;
    try {
      if (typeof query !== 'string') return [new GraphQLError('`query` must be a text')];
      const document = parse(query, { maxLexicalTokens: MAX_TOKENS });
      const errors = validate(schema, document);
      if (errors.length > 0) return errors;
      const operation = getOperationAST(document, operationName);
      if (!operation) return [new GraphQLError('There is no operation to run')];
      await this.runner.run(scope, async () => {
        this.gate.check({ schema, document, operation, variables: variables ?? {} });
        await Promise.resolve();
      });
      const contextValue: StreamContext = { requestId: scope.requestId, scope };
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
    return this.runner.run(scopeOf(args), async () => execute(args));
  }

  /** Starts a stream whose every event is resolved inside the subscriber's own scope. */
  async subscribe(args: ExecutionArgs): Promise<ExecutionResult | AsyncIterableIterator<ExecutionResult>> {
    const scope = scopeOf(args);
    const source = await this.runner.run(scope, async () => createSourceEventStream(args));
    if (!(Symbol.asyncIterator in source)) return source;
    const results = mapped(source[Symbol.asyncIterator](), this.shared.executorOf(args, scope));
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
      return: async () => (await source.return?.()) ?? { value: undefined, done: true },
    };
  }

  /** Errors as clients see them, with the request's id. */
  async formatErrors(scope: TenantScope, errors: readonly GraphQLError[]): Promise<GraphQLFormattedError[]> {
    return this.runner.run(scope, async () => {
      await Promise.resolve();
      return errors.map(error => this.options.formatError(error.toJSON(), error));
    });
  }
}

const isLostRight = (error: unknown): boolean =>
  ['UNAUTHENTICATED', 'FORBIDDEN'].includes(toDomainError(error).code);

const scopeOf = (args: ExecutionArgs): TenantScope => (args.contextValue as StreamContext).scope;

function asGraphQLError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  return new GraphQLError((error as Error).message, { originalError: error as Error });
}
