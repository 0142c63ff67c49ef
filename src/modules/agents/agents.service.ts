import { Injectable } from '@nestjs/common';
import { isAllowed } from '../../auth/permissions.js';
import { notFound } from '../../errors/domain-error.js';
import { fromPublicId } from '../../ids/public-id.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { type Connection, type PageArguments, paginate } from '../../pagination/connection.js';
import { CursorCodec } from '../../pagination/cursor-codec.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { UsersService } from '../users/users.service.js';
import { type AgentTemplate, templateOf } from './agent-template.js';
import { AgentVersionsRepository } from './agent-versions.repository.js';
import { type AgentVersionModel, agentVersionModel } from './agent-version.model.js';
import type { AgentVersionDocument } from './agent-version.schema.js';
import { type AgentModel, agentModel } from './agent.model.js';
import type { AgentDocument } from './agent.schema.js';
import { AgentsRepository } from './agents.repository.js';
import type { LongAgentField } from './long-agent-fields.js';

/** What a call takes over from an agent. */
export type CallableAgent = AgentTemplate & Pick<AgentDocument, '_id' | 'version'>;

/** Reads the agents of the running operation's tenant. Deleted agents are nowhere to be seen. */
@Injectable()
export class AgentsService {
  constructor(
    private readonly agents: AgentsRepository,
    private readonly versions: AgentVersionsRepository,
    private readonly users: UsersService,
    private readonly cursors: CursorCodec,
    private readonly context: TenantContext,
  ) {}

  /** An agent by its public id; null when there is none. */
  async find(publicId: string): Promise<AgentModel | null> {
    const id = fromPublicId('agent', publicId);
    const agent = id && (await this.agents.findById(id));
    return agent && agentModel(agent);
  }

  /**
   * The agent that a call names, with everything that the wanted version settles, or else its newest.
   * @throws DomainError NOT_FOUND for a malformed, unknown or deleted one, and for a version that never was.
   */
  async findForCall(publicId: string, wanted: number | null): Promise<CallableAgent> {
    const id = fromPublicId('agent', publicId);
    const agent = id && (await this.agents.findById(id));
    if (!agent) throw notFound('agent');
    if (wanted === null || wanted === agent.version) return agent;
    const version = await this.versions.findVersion(agent._id, wanted);
    if (!version) throw notFound('agent version');
    return { ...templateOf(version), _id: agent._id, version: version.version };
  }

  /** Many agents in one query, by the hex digits of their ids; unknown, deleted and hidden ones are missing. */
  async findMany(ids: readonly (ObjectId | null)[]): Promise<ReadonlyMap<string, AgentModel>> {
    const unique = new Map(ids.flatMap(id => (id ? [[id.toHexString(), id]] : [])));
    if (unique.size === 0 || !isAllowed(this.context.viewer, 'agents:read')) return new Map();
    const agents = await this.agents.findByIds([...unique.values()]);
    return new Map(agents.map(agent => [agent._id.toHexString(), agentModel(agent)]));
  }

  /** A page of agents, newest first. @throws DomainError BAD_USER_INPUT for a forged cursor. */
  list(page: PageArguments, without: readonly LongAgentField[] = []): Promise<Connection<AgentModel>> {
    return paginate<AgentDocument, AgentModel>({
      list: 'agents',
      page,
      order: { field: 'createdAt', direction: -1, keyOf: agent => agent.createdAt },
      cursors: this.cursors,
      fetch: query => this.agents.page(query, without),
      count: () => this.agents.countAll(),
      toNode: agentModel,
    });
  }

  /** A page of an agent's versions, newest first, each with its maker where the viewer may see him. */
  listVersions(
    publicId: string,
    page: PageArguments,
    without: readonly LongAgentField[] = [],
  ): Promise<Connection<AgentVersionModel>> {
    const agentId = fromPublicId('agent', publicId);
    if (!agentId) throw notFound('agent');
    let makers: Awaited<ReturnType<UsersService['findMany']>> = new Map();
    return paginate<AgentVersionDocument, AgentVersionModel>({
      list: `versions of ${publicId}`,
      page,
      order: { field: 'version', direction: -1, keyOf: version => version.version },
      cursors: this.cursors,
      fetch: async query => {
        const documents = await this.versions.page(agentId, query, without);
        makers = await this.users.findMany(documents.map(({ createdById }) => createdById));
        return documents;
      },
      count: () => this.versions.countOf(agentId),
      toNode: document =>
        agentVersionModel(document, makers.get(document.createdById?.toHexString() ?? '') ?? null),
    });
  }
}
