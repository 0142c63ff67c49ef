import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import type { ObjectId } from '../../mongo/object-id.js';
import type { PageQuery } from '../../pagination/connection.js';
import { type NewDocument, TenantRepository } from '../../tenancy/tenant-repository.js';
import type { LongAgentField } from './long-agent-fields.js';
import { AGENT_VERSIONS, type AgentVersionDocument } from './agent-version.schema.js';

@Injectable()
export class AgentVersionsRepository extends TenantRepository<AgentVersionDocument> {
  constructor(@Inject(AGENT_VERSIONS.token) model: Model<AgentVersionDocument>) {
    super(model);
  }

  /** Stores a version. @throws a duplicate-key error when the agent has that version already. */
  add(version: NewDocument<AgentVersionDocument>): Promise<AgentVersionDocument> {
    return this.insert(version);
  }

  findVersion(agentId: ObjectId, version: number): Promise<AgentVersionDocument | null> {
    return this.findOne({ agentId, version });
  }

  /** A page of an agent's versions, newest first, without the long fields that are not needed. */
  page(
    agentId: ObjectId,
    { range, limit }: PageQuery,
    without: readonly LongAgentField[],
  ): Promise<AgentVersionDocument[]> {
    const projection = Object.fromEntries(without.map(field => [field, 0 as const]));
    return this.find({ agentId, ...range }, { sort: { version: -1 }, limit, projection });
  }

  countOf(agentId: ObjectId): Promise<number> {
    return this.count({ agentId });
  }
}
