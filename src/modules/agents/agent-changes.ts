import { Injectable } from '@nestjs/common';
import { notFound } from '../../errors/domain-error.js';
import { fromPublicId, toPublicId } from '../../ids/public-id.js';
import { newObjectId, type ObjectId } from '../../mongo/object-id.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { AuditLog } from '../audit/audit-log.js';
import { AgentVersionsRepository } from './agent-versions.repository.js';
import type { CreateAgentInput, UpdateAgentInput } from './agent.inputs.js';
import type { AgentDocument } from './agent.schema.js';
import { type AgentTemplate, changedFields, templateOf } from './agent-template.js';
import { AgentsRepository } from './agents.repository.js';
import { mergeTemplate, newTemplate } from './merge-template.js';

/**
 * Makes, changes and deletes agents. Agent, version and audit row are stored together; of two changes at the same
 * time the second starts over on top of the first, so that none is lost.
 */
@Injectable()
export class AgentChanges {
  constructor(
    private readonly agents: AgentsRepository,
    private readonly versions: AgentVersionsRepository,
    private readonly audit: AuditLog,
    private readonly work: UnitOfWork,
    private readonly context: TenantContext,
  ) {}

  create(input: CreateAgentInput): Promise<AgentDocument> {
    return this.work.run(async () => {
      const createdAt = new Date();
      const agent = await this.agents.add({
        ...newTemplate(input),
        _id: newObjectId(),
        version: 1,
        createdAt,
        updatedAt: createdAt,
        deletedAt: null,
      });
      await this.keepVersion(agent);
      await this.audit.record({
        action: 'agent.created',
        details: { agentId: toPublicId('agent', agent._id), name: agent.name },
      });
      return agent;
    });
  }

  /** Makes a new version, unless the input changes nothing. @throws DomainError NOT_FOUND, BAD_USER_INPUT. */
  update(input: UpdateAgentInput): Promise<AgentDocument> {
    return this.work.run(async () => {
      const agent = await this.load(input.id);
      const template = mergeTemplate(agent, input);
      const changed = changedFields(agent, template);
      return changed.length === 0 ? agent : this.advance(agent, template, { changed });
    });
  }

  /** Makes a new version equal to an old one. @throws DomainError NOT_FOUND for agent or version. */
  restore(agentId: string, version: number): Promise<AgentDocument> {
    return this.work.run(async () => {
      const agent = await this.load(agentId);
      const old = await this.versions.findVersion(agent._id, version);
      if (!old) throw notFound('agent version');
      const template = templateOf(old);
      return this.advance(agent, template, { changed: changedFields(agent, template), restored: version });
    });
  }

  /** Hides an agent for good. Its versions stay, for the calls that were made with it. @throws DomainError NOT_FOUND. */
  delete(agentId: string): Promise<void> {
    return this.work.run(async () => {
      const id = idOf(agentId);
      const agent = await this.agents.markDeleted(id);
      if (!agent) throw notFound('agent');
      await this.audit.record({ action: 'agent.deleted', details: { agentId, name: agent.name } });
    });
  }

  private async load(publicId: string): Promise<AgentDocument> {
    const agent = await this.agents.findById(idOf(publicId));
    if (!agent) throw notFound('agent');
    return agent;
  }

  private async advance(
    before: AgentDocument,
    template: AgentTemplate,
    details: { changed: readonly string[]; restored?: number },
  ): Promise<AgentDocument> {
    const agent = await this.agents.advance(before._id, before.version, template, new Date());
    if (!agent) throw notFound('agent');
    await this.keepVersion(agent);
    await this.audit.record({
      action: 'agent.updated',
      details: { agentId: toPublicId('agent', agent._id), version: agent.version, ...details },
    });
    return agent;
  }

  private async keepVersion(agent: AgentDocument): Promise<void> {
    const { viewer } = this.context;
    await this.versions.add({
      ...templateOf(agent),
      _id: newObjectId(),
      agentId: agent._id,
      version: agent.version,
      createdAt: agent.updatedAt,
      createdById: viewer.kind === 'user' ? viewer.userId : null,
    });
  }
}

function idOf(publicId: string): ObjectId {
  const id = fromPublicId('agent', publicId);
  if (!id) throw notFound('agent');
  return id;
}
