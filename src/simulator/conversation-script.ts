import { z } from 'zod';
import { durationSchema } from './medium-schema.js';
import { lifeFaultSchema } from './faults.js';

const text = z.string().min(1);

/** How long it takes, and the silence before it; both at speed 1, and made up where they are not named. */
const timing = { lasts: durationSchema.optional(), pause: durationSchema.optional() };

const turnSchema = z.union([
  /** `interruptedAfter`: the next turn begins so long after the start of this one, which is cut off there. */
  z.strictObject({ agent: text, ...timing, interruptedAfter: durationSchema.optional() }),
  z.strictObject({ user: text, ...timing, interruptedAfter: durationSchema.optional() }),
  z.strictObject({
    tool: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'Not a name that the model could call a tool by.'),
    arguments: z.record(z.string(), z.unknown()).default({}),
    result: z.unknown(),
    ...timing,
  }),
  /** A new stage begins, as after a tool's answer `new-stage`. */
  z.strictObject({ stage: z.strictObject({ systemPrompt: z.string().optional() }) }),
]);

/** A conversation as somebody wrote it, in place of the one that the simulator makes up. */
export const conversationScriptSchema = z.strictObject({
  /** A call whose metadata has `script` with this value gets it. */
  name: z.string().min(1),
  /** Also each call whose metadata has all of these. */
  when: z.record(z.string(), z.string()).optional(),
  /** Also each call that no other script is meant for. */
  default: z.boolean().default(false),
  joinsAfter: durationSchema.optional(),
  turns: z.array(turnSchema).min(1).max(1000),
  /** The provider's word for how it ends. `unjoined`: nobody ever joins. */
  end: z.string().min(1).default('hangup'),
  summary: z.string().optional(),
  shortSummary: z.string().optional(),
  /** Faults of such a call, beside those that the control interface puts on it. */
  faults: z.array(lifeFaultSchema).default([]),
});

export type ConversationScript = z.infer<typeof conversationScriptSchema>;
export type ScriptTurn = ConversationScript['turns'][number];

/** The metadata key by which a call names its script. */
const SCRIPT_KEY = 'script';

/** The script for a call with this metadata: the one it names, else the first that is meant for it, else the default. */
export function scriptFor(
  scripts: readonly ConversationScript[],
  metadata: Readonly<Record<string, string>>,
): ConversationScript | undefined {
  const named = scripts.find(({ name }) => name === metadata[SCRIPT_KEY]);
  return named ?? scripts.find(script => isMeant(script, metadata)) ?? scripts.find(script => script.default);
}

function isMeant({ when }: ConversationScript, metadata: Readonly<Record<string, string>>): boolean {
  return when !== undefined && Object.entries(when).every(([key, value]) => metadata[key] === value);
}
