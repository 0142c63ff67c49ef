import { Args, ID, Info, Int, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { Allow } from '../../auth/allow.js';
import type { Connection } from '../../pagination/connection.js';
import { AgentChanges } from './agent-changes.js';
import { CreateAgentInput, UpdateAgentInput } from './agent.inputs.js';
import { AgentConnection, AgentModel, agentModel } from './agent.model.js';
import { AgentVersionConnection, type AgentVersionModel } from './agent-version.model.js';
import { AgentsArgs } from './agents.args.js';
import { AgentsService } from './agents.service.js';
import { LONG_AGENT_FIELDS } from './long-agent-fields.js';
import { unselected } from '../../schema/unselected.js';
import { FIELD_COST } from '../../schema/field-costs.js';

@Resolver(() => AgentModel)
export class AgentsResolver {
  constructor(
    private readonly reading: AgentsService,
    private readonly changes: AgentChanges,
  ) {}

  @Query(() => AgentModel, { nullable: true, description: 'An agent; null when there is none of that id.' })
  @Allow('agents:read')
  agent(@Args('id', { type: () => ID }) id: string): Promise<AgentModel | null> {
    return this.reading.find(id);
  }

  @Query(() => AgentConnection, { description: "The tenant's agents, newest first." })
  @Allow('agents:read')
  agents(@Args() page: AgentsArgs, @Info() info: GraphQLResolveInfo): Promise<Connection<AgentModel>> {
    return this.reading.list(page, unselected(info, LONG_AGENT_FIELDS));
  }

  @ResolveField(() => AgentVersionConnection, {
    description: 'All versions, newest first.',
    complexity: FIELD_COST.ownQuery,
  })
  versions(
    @Parent() agent: AgentModel,
    @Args() page: AgentsArgs,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Connection<AgentVersionModel>> {
    return this.reading.listVersions(agent.id, page, unselected(info, LONG_AGENT_FIELDS));
  }

  @Mutation(() => AgentModel, { description: 'Makes an agent, at version 1. For admins.' })
  @Allow('agents:write')
  async createAgent(@Args('input') input: CreateAgentInput): Promise<AgentModel> {
    return agentModel(await this.changes.create(input));
  }

  @Mutation(() => AgentModel, {
    description:
      'Changes an agent, which makes a new version; an input that changes nothing makes none. For admins.',
  })
  @Allow('agents:write')
  async updateAgent(@Args('input') input: UpdateAgentInput): Promise<AgentModel> {
    return agentModel(await this.changes.update(input));
  }

  @Mutation(() => AgentModel, { description: 'Makes a new version equal to an old one. For admins.' })
  @Allow('agents:write')
  async restoreAgentVersion(
    @Args('agentId', { type: () => ID }) agentId: string,
    @Args('version', { type: () => Int }) version: number,
  ): Promise<AgentModel> {
    return agentModel(await this.changes.restore(agentId, version));
  }

  @Mutation(() => ID, {
    description: 'Deletes an agent and returns its id. Calls that were made with it stay. For admins.',
  })
  @Allow('agents:write')
  async deleteAgent(@Args('id', { type: () => ID }) id: string): Promise<string> {
    await this.changes.delete(id);
    return id;
  }
}
