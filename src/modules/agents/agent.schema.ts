import { defineCollection } from '../../mongo/model-provider.js';
import { type ScopedDocument, scopedSchema } from '../../tenancy/plugin/scoped-schema.js';
import type { AgentTemplate } from './agent-template.js';

/** A reusable call template: its newest version, in full. */
export interface AgentDocument extends ScopedDocument, AgentTemplate {
  /** 1, 2, 3 …; each change makes the next one. */
  version: number;
  createdAt: Date;
  updatedAt: Date;
  /** Set once the agent is deleted; nothing shows it any more. */
  deletedAt: Date | null;
}

/** How mongoose stores a template; the same in agents and in their versions. */
export const TEMPLATE_DEFINITION = {
  name: { type: String, required: true },
  systemPrompt: { type: String, required: true },
  model: { type: String, default: null },
  voice: { type: String, default: null },
  languageHint: { type: String, default: null },
  temperature: { type: Number, default: null },
  recordingEnabled: { type: Boolean, required: true },
  maxDurationSeconds: { type: Number, required: true },
  firstSpeaker: { type: String, required: true, enum: ['AGENT', 'USER'] },
} as const;

const schema = scopedSchema<AgentDocument>({
  ...TEMPLATE_DEFINITION,
  version: { type: Number, required: true },
  createdAt: { type: Date, required: true },
  updatedAt: { type: Date, required: true },
  deletedAt: { type: Date, default: null },
});
// For AgentsRepository.page and countAll.
schema.index({ tenantId: 1, deletedAt: 1, createdAt: -1, _id: -1 });

export const AGENTS = defineCollection<AgentDocument>('Agent', 'agents', schema);
