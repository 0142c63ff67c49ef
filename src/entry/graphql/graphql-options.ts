import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Injectable, Logger } from '@nestjs/common';
import type { GqlOptionsFactory } from '@nestjs/graphql';
import type { GraphQLFormattedError } from 'graphql';
import type { Request, Response } from 'express';
import type { RequestContext } from '../../auth/request-context.js';
import { toClientError, toDomainError } from '../../errors/client-error.js';
import { scopeStore } from '../../tenancy/scope-store.js';
import { notesOf } from '../http/http-request.js';
import { PREFLIGHT_HEADERS } from '../http/preflight.js';
import { MAX_TOKENS } from './document-limits.js';
import { Documents } from './documents.js';
import { meteredSchema } from './metered-schema.js';
import { OperationPlugin } from './operation.plugin.js';
import { RefusalRecords } from './refusal-records.js';
import { refusedOperation } from './refused-operation.js';
import { schemaOptions } from './schema-options.js';

/** How Apollo Server is set up. */
@Injectable()
export class GraphqlOptions implements GqlOptionsFactory<ApolloDriverConfig> {
  private readonly logger = new Logger('GraphQL');

  constructor(
    private readonly operations: OperationPlugin,
    private readonly documents: Documents,
    private readonly refusals: RefusalRecords,
  ) {}

  createGqlOptions(): ApolloDriverConfig {
    return {
      driver: ApolloDriver,
      path: '/graphql',
      ...schemaOptions,
      transformSchema: meteredSchema,
      // Nest's own page loads scripts from another host; the playground here is served by this server.
      graphiql: false,
      introspection: true,
      csrfPrevention: { requestHeaders: PREFLIGHT_HEADERS },
      hideSchemaDetailsFromClientErrors: false,
      includeStacktraceInErrorResponses: false,
      // Both are done before, by DocumentMiddleware and Documents, which serve the other doors too.
      persistedQueries: false,
      documentStore: {
        get: key => Promise.resolve(this.documents.recall(key.slice(-64))),
        set: () => Promise.resolve(),
        delete: () => Promise.resolve(false),
      },
      parseOptions: { maxLexicalTokens: MAX_TOKENS },
      // Nothing here may be cached by others, and its plugin would look at every field.
      plugins: [this.operations.plugin, ApolloServerPluginCacheControlDisabled()],
      context: ({ req, res }: { req: Request; res: Response }) => this.createContext(req, res),
      formatError: (formatted, error) => this.formatError(formatted, error),
    };
  }

  /** The error as its receiver may see it; what it was caused by goes to the log. */
  formatError(
    formatted: Pick<GraphQLFormattedError, 'locations' | 'path'>,
    error: unknown,
  ): GraphQLFormattedError {
    const requestId = scopeStore.scope()?.requestId ?? 'none';
    const known = toDomainError(error);
    this.refusals.note(known);
    if (known.code === 'INTERNAL') {
      const cause = known.cause instanceof Error ? known.cause : new Error(String(known.cause));
      this.logger.error(`${cause.name}: ${cause.message}`, cause.stack);
    } else if (known.cause instanceof Error) {
      this.logger.warn(`${known.code}: ${known.cause.message}`);
    }
    return toClientError(error, formatted, requestId);
  }

  private createContext(request: Request, response: Response): RequestContext {
    const { requestId, refusal } = notesOf(request);
    if (refusal) throw refusedOperation(refusal, request.headers);
    return { requestId, request, response };
  }
}
