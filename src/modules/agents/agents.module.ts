import { Module } from '@nestjs/common';
import { modelProvider } from '../../mongo/model-provider.js';
import { UsersModule } from '../users/users.module.js';
import { AgentChanges } from './agent-changes.js';
import { AGENT_VERSIONS } from './agent-version.schema.js';
import { AgentVersionsRepository } from './agent-versions.repository.js';
import { AGENTS } from './agent.schema.js';
import { AgentsRepository } from './agents.repository.js';
import { AgentsResolver } from './agents.resolver.js';
import { AgentsService } from './agents.service.js';

/** Reusable call templates with all their versions. */
@Module({
  imports: [UsersModule],
  providers: [
    modelProvider(AGENTS),
    modelProvider(AGENT_VERSIONS),
    AgentChanges,
    AgentsRepository,
    AgentsResolver,
    AgentsService,
    AgentVersionsRepository,
  ],
  exports: [AgentChanges, AgentsService],
})
export class AgentsModule {}
