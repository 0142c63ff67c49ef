import { ApolloDriver } from '@nestjs/apollo';
import { Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { GraphQLModule } from '@nestjs/graphql';
import { AuditModule } from '../modules/audit/audit.module.js';
import { ValidationPipe } from '../validation/validation.pipe.js';
import { ForgedTokens } from './forged-tokens.js';
import { GraphqlOptions } from './graphql/graphql-options.js';
import { GraphqlPartsModule } from './graphql/graphql-parts.module.js';
import { OperationRunner } from './graphql/operation-runner.js';
import { SharedExecutions } from './graphql/shared-executions.js';
import { HealthModule } from './health/health.module.js';
import { LinkLimits } from './http/link-limits.js';
import { ScopeMiddleware } from './http/scope.middleware.js';
import { StoreOutageFilter } from './http/store-outage.filter.js';
import { UnknownPathFilter } from './http/unknown-path.filter.js';
import { MutationDeadline } from './limits/mutation-deadline.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { ScopeFactory } from './scope-factory.js';
import { GraphqlSockets } from './sockets/graphql-sockets.js';
import { SocketOperations } from './sockets/socket-operations.js';
import { EventStreams } from './sse/event-streams.js';
import { StreamEnds } from './stream-ends.js';

/** The doors: HTTP and sockets, with all that stands in front of the first resolver. */
@Module({
  imports: [
    GraphqlPartsModule,
    GraphQLModule.forRootAsync({
      driver: ApolloDriver,
      imports: [GraphqlPartsModule],
      inject: [GraphqlOptions],
      useFactory: (options: GraphqlOptions) => options.createGqlOptions(),
    }),
    AuditModule,
    HealthModule,
    MetricsModule,
  ],
  providers: [
    EventStreams,
    ForgedTokens,
    GraphqlSockets,
    LinkLimits,
    OperationRunner,
    ScopeFactory,
    ScopeMiddleware,
    SharedExecutions,
    SocketOperations,
    StreamEnds,
    // Nest asks the later of two filters first.
    { provide: APP_FILTER, useClass: StoreOutageFilter },
    { provide: APP_FILTER, useClass: UnknownPathFilter },
    { provide: APP_INTERCEPTOR, useClass: MutationDeadline },
    { provide: APP_PIPE, useClass: ValidationPipe },
  ],
  exports: [EventStreams, GraphqlSockets, LinkLimits, ScopeMiddleware],
})
export class EntryModule {}
