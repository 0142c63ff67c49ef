import type { Speaker, ToolUse } from './conversation-writer.js';
import { spokenPart } from './words.js';

/** An utterance or text message at its place; times in milliseconds since the join. */
export interface PlacedItem {
  readonly role: Speaker;
  readonly text: string;
  readonly channel: 'voice' | 'text' | 'tool';
  readonly tool?: ToolUse;
  /** 0 is the first stage of the call. */
  readonly stage: number;
  readonly start: number;
  readonly end: number;
  readonly carriesValues: boolean;
  /** What it was going to be, if it was interrupted: what went over the wire before stays as it was. */
  readonly intended?: { readonly text: string; readonly end: number };
}

/** An utterance of the agent as it is spoken where nothing else is said of it. */
export function spokenItem(text: string, start: number, end: number, stage: number): PlacedItem {
  return { role: 'agent', text, channel: 'voice', start, end, stage, carriesValues: false };
}

/** The item as it is when it is interrupted: only the words said by then are left. */
export function interrupted(item: PlacedItem, at: number): PlacedItem {
  const intended = item.intended ?? { text: item.text, end: item.end };
  const share = (at - item.start) / (intended.end - item.start);
  return { ...item, intended, end: at, text: spokenPart(intended.text, share) };
}
