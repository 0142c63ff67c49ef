import { z } from 'zod';
import type { Utterance } from '../../events/call-event.schema.js';
import type { Delta } from './transcript-deltas.js';

const frame = z.object({
  type: z.literal('transcript'),
  role: z.enum(['user', 'agent']),
  medium: z.string().nullish(),
  text: z.string().nullish(),
  delta: z.string().nullish(),
  final: z.boolean().nullish(),
  ordinal: z.int().min(0).max(100_000),
});

interface Spoken {
  readonly text: string;
  readonly startedAt: number;
}

/** Characters that one utterance may have: far more than anybody says in one breath. */
const MOST_CHARACTERS = 20_000;

/**
 * Puts together what one data connection tells: `text` replaces, `delta` appends, `final` closes an utterance.
 * Deltas count once, so this is for one connection only; what a broken one did not tell comes with the settled
 * transcript.
 */
export class LiveTranscript {
  private readonly open = new Map<number, Spoken>();
  private readonly closed = new Set<number>();

  /** Takes one message. Null for anything that is no news about what is said. */
  take(
    message: unknown,
    now: number,
  ): { delta: Delta; utterance: ((joinedAt: Date | null) => Utterance) | null } | null {
    const parsed = frame.safeParse(message);
    if (!parsed.success || this.closed.has(parsed.data.ordinal)) return null;
    const { role, medium, text, delta, final, ordinal } = parsed.data;
    const before = this.open.get(ordinal) ?? { text: '', startedAt: now };
    const spoken = { ...before, text: wholeText(text, before.text, delta).slice(0, MOST_CHARACTERS) };
    this.open.set(ordinal, spoken);
    const speaker = role === 'user' ? 'USER' : 'AGENT';
    const isFinal = final ?? false;
    if (isFinal) {
      this.closed.add(ordinal);
      this.open.delete(ordinal);
    }
    return {
      delta: { ordinal, speaker, text: spoken.text, isFinal },
      utterance: isFinal
        ? joinedAt => ({
            ordinal,
            speaker,
            text: spoken.text,
            medium: medium === 'text' ? 'TEXT' : 'VOICE',
            startSeconds: joinedAt && secondsAfter(joinedAt, spoken.startedAt),
            endSeconds: joinedAt && secondsAfter(joinedAt, now),
          })
        : null,
    };
  }
}

/** `text` replaces unless it is empty, as a final one may be; `delta` appends. */
function wholeText(
  text: string | null | undefined,
  before: string,
  delta: string | null | undefined,
): string {
  return text == null || text === '' ? before + (delta ?? '') : text;
}

const secondsAfter = (joinedAt: Date, at: number): number => Math.max(0, (at - joinedAt.getTime()) / 1000);
