import type { Line } from './conversation-writer.js';
import { scaled, type Pace } from './pace.js';

/** An utterance with its length and the pause before it, in milliseconds of real time. */
export interface PacedLine extends Line {
  readonly durationMs: number;
  readonly gapMs: number;
  /** So long after its start it is interrupted by the next. */
  readonly cutMs?: number;
}

/** The pause between two utterances at speed 1. */
export const GAP_MS = 90;

/** An utterance of the agent that was not in the script, such as an answer to a text message. */
export function unscriptedLine(pace: Pace, text: string, carriesValues = false): PacedLine {
  const durationMs = scaled(pace, Math.min(1600, 300 + text.length * 14));
  return { role: 'agent', text, carriesValues, durationMs, gapMs: scaled(pace, GAP_MS) };
}
