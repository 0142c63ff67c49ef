import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import type { ObjectId } from '../../mongo/object-id.js';
import type { PageQuery } from '../../pagination/connection.js';
import { type NewDocument, TenantRepository } from '../../tenancy/tenant-repository.js';
import { type AgentDocument, AGENTS } from './agent.schema.js';
import type { LongAgentField } from './long-agent-fields.js';
import type { AgentTemplate } from './agent-template.js';

/** Agents that are not deleted. */
@Injectable()
export class AgentsRepository extends TenantRepository<AgentDocument> {
  constructor(@Inject(AGENTS.token) model: Model<AgentDocument>) {
    super(model);
  }

  findById(id: ObjectId): Promise<AgentDocument | null> {
    return this.findOne({ _id: id, deletedAt: null });
  }

  findByIds(ids: readonly ObjectId[]): Promise<AgentDocument[]> {
    return this.find({ _id: { $in: [...ids] }, deletedAt: null });
  }

  add(agent: NewDocument<AgentDocument>): Promise<AgentDocument> {
    return this.insert(agent);
  }

  /** Puts the version after `from` in its place; null when `from` is not the newest any more. */
  advance(
    id: ObjectId,
    from: number,
    template: AgentTemplate,
    updatedAt: Date,
  ): Promise<AgentDocument | null> {
    return this.updateOne(
      { _id: id, version: from, deletedAt: null },
      { $set: { ...template, version: from + 1, updatedAt } },
    );
  }

  /** Hides an agent for good; null when there is none. */
  markDeleted(id: ObjectId): Promise<AgentDocument | null> {
    return this.updateOne({ _id: id, deletedAt: null }, { $set: { deletedAt: new Date() } });
  }

  /** A page of agents, newest first, without the long fields that are not needed. */
  page({ range, sort, limit }: PageQuery, without: readonly LongAgentField[]): Promise<AgentDocument[]> {
    const projection = Object.fromEntries(without.map(field => [field, 0 as const]));
    return this.find({ deletedAt: null, ...range }, { sort, limit, projection });
  }

  countAll(): Promise<number> {
    return this.count({ deletedAt: null });
  }
}
