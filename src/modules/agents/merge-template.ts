import { badInput, type FieldErrors } from '../../errors/domain-error.js';
import type { CreateAgentInput, UpdateAgentInput } from './agent.inputs.js';
import type { AgentTemplate } from './agent-template.js';

const REQUIRED = ['name', 'systemPrompt', 'recordingEnabled', 'maxDurationSeconds', 'firstSpeaker'] as const;

/** A new agent's template: absent and null fields take their defaults. */
export function newTemplate(input: CreateAgentInput): AgentTemplate {
  return {
    name: input.name,
    systemPrompt: input.systemPrompt,
    model: input.model ?? null,
    voice: input.voice ?? null,
    languageHint: input.languageHint ?? null,
    temperature: input.temperature ?? null,
    recordingEnabled: input.recordingEnabled ?? true,
    maxDurationSeconds: input.maxDurationSeconds ?? 3600,
    firstSpeaker: input.firstSpeaker ?? 'AGENT',
  };
}

/**
 * A template with an update applied: absent leaves, null clears.
 * @throws DomainError BAD_USER_INPUT for a null where an agent cannot do without.
 */
export function mergeTemplate(before: AgentTemplate, input: UpdateAgentInput): AgentTemplate {
  const faults: FieldErrors = Object.fromEntries(
    REQUIRED.filter(field => input[field] === null).map(field => [`input.${field}`, 'must not be null']),
  );
  if (Object.keys(faults).length > 0) throw badInput(faults);
  return {
    name: input.name ?? before.name,
    systemPrompt: input.systemPrompt ?? before.systemPrompt,
    model: input.model === undefined ? before.model : input.model,
    voice: input.voice === undefined ? before.voice : input.voice,
    languageHint: input.languageHint === undefined ? before.languageHint : input.languageHint,
    temperature: input.temperature === undefined ? before.temperature : input.temperature,
    recordingEnabled: input.recordingEnabled ?? before.recordingEnabled,
    maxDurationSeconds: input.maxDurationSeconds ?? before.maxDurationSeconds,
    firstSpeaker: input.firstSpeaker ?? before.firstSpeaker,
  };
}
