import type { FirstSpeakerName } from './first-speaker.js';

/** Everything that a version of an agent settles. */
export interface AgentTemplate {
  name: string;
  /** May hold `{{placeholders}}`, filled from a call's variables. */
  systemPrompt: string;
  /** Null: the provider's default; so for voice, language hint and temperature. */
  model: string | null;
  voice: string | null;
  /** A BCP 47 tag. */
  languageHint: string | null;
  /** 0 to 1. */
  temperature: number | null;
  recordingEnabled: boolean;
  maxDurationSeconds: number;
  firstSpeaker: FirstSpeakerName;
}

const FIELDS = {
  name: true,
  systemPrompt: true,
  model: true,
  voice: true,
  languageHint: true,
  temperature: true,
  recordingEnabled: true,
  maxDurationSeconds: true,
  firstSpeaker: true,
} as const satisfies Record<keyof AgentTemplate, true>;

/** The names of a template's fields. */
export const TEMPLATE_FIELDS = Object.keys(FIELDS) as (keyof AgentTemplate)[];

/** A template's own fields, out of a document that has more. */
export function templateOf(source: AgentTemplate): AgentTemplate {
  const { name, systemPrompt, model, voice, languageHint, temperature } = source;
  const { recordingEnabled, maxDurationSeconds, firstSpeaker } = source;
  return {
    name,
    systemPrompt,
    model,
    voice,
    languageHint,
    temperature,
    recordingEnabled,
    maxDurationSeconds,
    firstSpeaker,
  };
}

/** The fields in which two templates differ. */
export function changedFields(before: AgentTemplate, after: AgentTemplate): (keyof AgentTemplate)[] {
  return TEMPLATE_FIELDS.filter(field => before[field] !== after[field]);
}
