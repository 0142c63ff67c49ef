import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { GraphqlOptions } from './graphql-options.js';
import { OperationGate } from './operation-gate.js';
import { OperationPlugin } from './operation.plugin.js';

/** What GraphQL is set up with, over every door. */
@Module({
  imports: [DiscoveryModule],
  providers: [GraphqlOptions, OperationGate, OperationPlugin],
  exports: [GraphqlOptions, OperationGate],
})
export class GraphqlPartsModule {}
