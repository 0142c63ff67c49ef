import { Module } from '@nestjs/common';
import { AgentsModule } from '../agents/agents.module.js';
import { ApiKeysModule } from '../api-keys/api-keys.module.js';
import { CallsModule } from '../calls/calls.module.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { UsersModule } from '../users/users.module.js';
import { WebhooksModule } from '../webhooks/webhooks.module.js';
import { NodeResolver } from './node.resolver.js';
import { NodeService } from './node.service.js';

/** Anything by its id. */
@Module({
  imports: [AgentsModule, ApiKeysModule, CallsModule, TenantsModule, UsersModule, WebhooksModule],
  providers: [NodeResolver, NodeService],
})
export class NodeModule {}
