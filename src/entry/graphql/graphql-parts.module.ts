import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { DocumentMiddleware } from '../http/document.middleware.js';
import { RequestLimits } from '../limits/request-limits.js';
import { PersistedOperations } from '../persisted/persisted-operations.js';
import { Documents } from './documents.js';
import { GraphqlOptions } from './graphql-options.js';
import { OperationGate } from './operation-gate.js';
import { OperationPlugin } from './operation.plugin.js';
import { RefusalRecords } from './refusal-records.js';

/** What GraphQL is set up with, over every door. */
@Module({
  imports: [DiscoveryModule],
  providers: [
    DocumentMiddleware,
    Documents,
    GraphqlOptions,
    OperationGate,
    OperationPlugin,
    PersistedOperations,
    RefusalRecords,
    RequestLimits,
  ],
  exports: [DocumentMiddleware, Documents, GraphqlOptions, OperationGate, PersistedOperations, RequestLimits],
})
export class GraphqlPartsModule {}
