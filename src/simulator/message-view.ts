import { timelineOf } from './call-timeline.js';
import { outputMedium, type Json } from './call-view.js';
import { msToDuration } from './duration.js';
import type { PlacedItem } from './placed-item.js';
import type { StoredCall } from './stored-call.js';

/** An utterance with its index among the messages of the call's only stage, initial messages counted. */
export interface IndexedItem extends PlacedItem {
  readonly index: number;
  readonly medium: 'MESSAGE_MEDIUM_TEXT' | 'MESSAGE_MEDIUM_VOICE';
}

/** The utterances of a call with their indexes and media. */
export function indexedItems(call: StoredCall): IndexedItem[] {
  const first = call.request.initialMessages?.length ?? 0;
  return timelineOf(call).items.map((item, position) => ({
    ...item,
    index: first + position,
    medium: item.channel === 'text' ? 'MESSAGE_MEDIUM_TEXT' : mediumOf(call, item),
  }));
}

function mediumOf(call: StoredCall, item: PlacedItem): IndexedItem['medium'] {
  return item.role === 'agent' ? outputMedium(call) : 'MESSAGE_MEDIUM_VOICE';
}

/**
 * The messages of a call that are complete at a moment. An utterance appears when it is over.
 *
 * @param mode `last_stage` has the initial messages as well, `in_call` only what was said in the call
 */
export function messagesView(call: StoredCall, now: number, mode: 'last_stage' | 'in_call'): Json[] {
  const { joinedAt } = timelineOf(call);
  const said =
    joinedAt === null
      ? []
      : indexedItems(call)
          .filter(item => joinedAt + item.end <= now)
          .map(item => messageView(call, item));
  return mode === 'in_call' ? said : [...initialMessages(call), ...said];
}

function messageView(call: StoredCall, item: IndexedItem): Json {
  const span = { start: msToDuration(item.start), end: msToDuration(item.end) };
  return {
    role: item.role === 'agent' ? 'MESSAGE_ROLE_AGENT' : 'MESSAGE_ROLE_USER',
    text: item.text,
    medium: item.medium,
    callStageMessageIndex: item.index,
    callStageId: call.callStageId,
    timespan: span,
    wallClockTimespan: span,
  };
}

function initialMessages(call: StoredCall): Json[] {
  return (call.request.initialMessages ?? []).map((message, index) => ({
    ...message,
    callStageMessageIndex: index,
    callStageId: call.callStageId,
  }));
}
