import { defineCollection } from '../../mongo/model-provider.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { type ScopedDocument, scopedSchema } from '../../tenancy/plugin/scoped-schema.js';
import { TEMPLATE_DEFINITION } from './agent.schema.js';
import type { AgentTemplate } from './agent-template.js';

/** One version of an agent; written once, never changed. */
export interface AgentVersionDocument extends ScopedDocument, AgentTemplate {
  agentId: ObjectId;
  version: number;
  createdAt: Date;
  /** Who made it; null for the server itself. */
  createdById: ObjectId | null;
}

const schema = scopedSchema<AgentVersionDocument>({
  ...TEMPLATE_DEFINITION,
  agentId: { type: 'ObjectId', required: true },
  version: { type: Number, required: true },
  createdAt: { type: Date, required: true },
  createdById: { type: 'ObjectId', default: null },
});
// For AgentVersionsRepository.findVersion, page and countOf; unique, so that two changes never become one version.
schema.index({ tenantId: 1, agentId: 1, version: -1 }, { unique: true });

export const AGENT_VERSIONS = defineCollection<AgentVersionDocument>('AgentVersion', 'agentVersions', schema);
