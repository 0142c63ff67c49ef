import { timelineOf } from './call-timeline.js';
import { findFault } from './faults.js';
import { indexedItems, type IndexedItem } from './message-view.js';
import type { StoredCall } from './stored-call.js';
import { wordsOf } from './words.js';

/** A data message with the moment at which it is sent, in milliseconds since the epoch. */
export interface DataFrame {
  readonly at: number;
  readonly message: Readonly<Record<string, unknown>>;
}

/** The agent's words go out in about this many pieces. */
const DELTAS = 8;

/**
 * Every message that a call sends over its data connection, in order of time. What lies before an intervention
 * is the same before and after it.
 */
export function dataFrames(call: StoredCall): DataFrame[] {
  const { joinedAt, endedAt } = timelineOf(call);
  if (joinedAt === null) return [];
  const enabled = call.request.dataConnection?.dataMessages ?? {};
  const frames: DataFrame[] = [];
  if (enabled.callStarted ?? true) {
    frames.push({ at: joinedAt, message: { type: 'call_started', callId: call.callId } });
  }
  if (enabled.state ?? true) frames.push({ at: joinedAt, message: { type: 'state', state: 'idle' } });
  if (findFault(call.faults, 'data-unknown-types') !== undefined) {
    frames.push({ at: joinedAt, message: { type: 'simulator_weather', outlook: ['unheard', 'of'] } });
  }
  for (const item of indexedItems(call)) {
    if (item.channel === 'tool') continue;
    if (enabled.state ?? true) frames.push(...stateFrames(item, joinedAt));
    if (enabled.transcript ?? true) frames.push(...transcriptFrames(item, joinedAt, call));
  }
  if (enabled.state ?? true) frames.push({ at: endedAt, message: { type: 'state', state: 'idle' } });
  return withoutRepeatedStates(frames.sort((one, other) => one.at - other.at));
}

function withoutRepeatedStates(frames: readonly DataFrame[]): DataFrame[] {
  let state: unknown;
  return frames.filter(({ message }) => {
    if (message['type'] !== 'state') return true;
    const repeated = message['state'] === state;
    state = message['state'];
    return !repeated;
  });
}

function stateFrames(item: IndexedItem, joinedAt: number): DataFrame[] {
  if (item.channel === 'text') return [];
  const [during, after] = item.role === 'agent' ? ['speaking', 'listening'] : ['listening', 'thinking'];
  return [
    { at: joinedAt + item.start, message: { type: 'state', state: during } },
    { at: joinedAt + item.end, message: { type: 'state', state: after } },
  ];
}

function transcriptFrames(item: IndexedItem, joinedAt: number, { faults }: StoredCall): DataFrame[] {
  const medium = item.medium === 'MESSAGE_MEDIUM_TEXT' ? 'text' : 'voice';
  const common = { type: 'transcript', role: item.role, medium, ordinal: item.ordinal };
  const last = joinedAt + item.end;
  if (item.role === 'user') {
    const whole = { at: last, message: { ...common, text: item.text, delta: null, final: true } };
    if (findFault(faults, 'data-user-partials') === undefined) return [whole];
    const part = wordsOf(item.text).slice(0, 1).join('').trimEnd();
    const at = joinedAt + item.start;
    return [{ at, message: { ...common, text: part, delta: null, final: false } }, whole];
  }
  const { text, end } = item.intended ?? item;
  const words = wordsOf(text);
  const size = Math.max(1, Math.ceil(words.length / DELTAS));
  const frames: DataFrame[] = [];
  for (let from = 0; from < words.length; from += size) {
    const at = joinedAt + Math.floor(item.start + ((end - item.start) * from) / words.length);
    // The words run ahead of the voice: one piece more than is heard before an interruption.
    const isAhead = at >= last;
    const delta = words.slice(from, from + size).join('');
    frames.push({ at: isAhead ? last : at, message: { ...common, text: null, delta, final: false } });
    if (isAhead) break;
  }
  const whole = findFault(faults, 'data-final-text') === undefined ? null : item.text;
  return [...frames, { at: last, message: { ...common, text: whole, delta: null, final: true } }];
}
