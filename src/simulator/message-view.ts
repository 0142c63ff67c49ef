import { timelineOf } from './call-timeline.js';
import { outputMedium, type Json } from './call-view.js';
import { msToDuration } from './duration.js';
import { findFault } from './faults.js';
import { uuidOf } from './id-maker.js';
import type { PlacedItem } from './placed-item.js';
import type { StoredCall } from './stored-call.js';

/** An utterance with its index among the messages of its stage, the call's initial messages counted. */
export interface IndexedItem extends PlacedItem {
  readonly index: number;
  /** Its number in the whole call, as the data connection tells it. */
  readonly ordinal: number;
  readonly medium: 'MESSAGE_MEDIUM_TEXT' | 'MESSAGE_MEDIUM_VOICE';
}

/** The utterances of a call with their indexes and media. */
export function indexedItems(call: StoredCall): IndexedItem[] {
  const initial = call.request.initialMessages?.length ?? 0;
  const inStage = new Map<number, number>([[0, initial]]);
  const step = findFault(call.faults, 'data-ordinal-gaps') === undefined ? 1 : 3;
  return timelineOf(call).items.map((item, position) => {
    const index = inStage.get(item.stage) ?? 0;
    inStage.set(item.stage, index + 1);
    const medium = item.channel === 'voice' ? mediumOf(call, item) : 'MESSAGE_MEDIUM_TEXT';
    return { ...item, index, ordinal: (initial + position) * step, medium };
  });
}

function mediumOf(call: StoredCall, item: PlacedItem): IndexedItem['medium'] {
  return item.role === 'agent' ? outputMedium(call) : 'MESSAGE_MEDIUM_VOICE';
}

/** The stages that a call has had by a moment: their ids, and when each began; the first begins with the call. */
export function stagesOf(
  call: StoredCall,
  now: number,
): { callStageId: string; stage: number; at: number }[] {
  const { joinedAt, items } = timelineOf(call);
  const stages = [{ callStageId: call.callStageId, stage: 0, at: call.createdAt }];
  for (const { stage, start } of items) {
    const at = (joinedAt ?? Infinity) + start;
    if (at <= now && stage > (stages.at(-1)?.stage ?? 0)) {
      stages.push({ callStageId: stageId(call, stage), stage, at });
    }
  }
  return stages;
}

/** The first stage has the call's own id of it; the others' are made of that. */
function stageId(call: StoredCall, stage: number): string {
  return stage === 0 ? call.callStageId : uuidOf(`${call.callStageId}:${stage}`);
}

/**
 * The messages of a call that are complete at a moment. An utterance appears when it is over.
 *
 * @param of `in_call` is what was said in the whole call; a number is a stage, with the initial messages in the first
 */
export function messagesView(call: StoredCall, now: number, of: 'in_call' | number): Json[] {
  const { joinedAt } = timelineOf(call);
  const items = joinedAt === null ? [] : indexedItems(call).filter(item => joinedAt + item.end <= now);
  const said = items.filter(({ stage }) => of === 'in_call' || stage === of);
  const views = said.map(item => messageView(call, item));
  return of === 0 ? [...initialMessages(call), ...views] : views;
}

/** The number of the stage that a call is in. */
export function lastStage(call: StoredCall, now: number): number {
  return stagesOf(call, now).at(-1)?.stage ?? 0;
}

function messageView(call: StoredCall, item: IndexedItem): Json {
  const span = { start: msToDuration(item.start), end: msToDuration(item.end) };
  const unknown =
    findFault(call.faults, 'unknown-fields') === undefined ? {} : { simulatorMood: { of: 'the speaker' } };
  return {
    role: roleOf(item),
    text: item.text,
    ...(item.tool === undefined ? {} : { toolName: item.tool.name, invocationId: item.tool.invocationId }),
    medium: item.medium,
    callStageMessageIndex: item.index,
    callStageId: stageId(call, item.stage),
    timespan: span,
    wallClockTimespan: span,
    ...unknown,
  };
}

function roleOf({ role, tool }: PlacedItem): string {
  if (tool !== undefined) return tool.isResult ? 'MESSAGE_ROLE_TOOL_RESULT' : 'MESSAGE_ROLE_TOOL_CALL';
  return role === 'agent' ? 'MESSAGE_ROLE_AGENT' : 'MESSAGE_ROLE_USER';
}

function initialMessages(call: StoredCall): Json[] {
  return (call.request.initialMessages ?? []).map((message, index) => ({
    ...message,
    callStageMessageIndex: index,
    callStageId: call.callStageId,
  }));
}
