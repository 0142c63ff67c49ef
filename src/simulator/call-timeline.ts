import { ConversationFold } from './conversation-fold.js';
import { durationToMs } from './duration.js';
import { findFault } from './faults.js';
import { pacedConversation } from './line-pacing.js';
import { scaled } from './pace.js';
import { unscriptedLine } from './paced-line.js';
import { interrupted, spokenItem, type PlacedItem } from './placed-item.js';
import type { StoredCall } from './stored-call.js';

/**
 * The whole life of a call as far as it is decided. Moments are milliseconds since the epoch, null where they
 * never come; the times of the items count from the join.
 */
export interface Timeline {
  readonly joinedAt: number | null;
  readonly endedAt: number;
  readonly endReason: string;
  readonly items: readonly PlacedItem[];
  readonly summaryAt: number | null;
  readonly recordingAt: number | null;
  readonly billedAt: number | null;
  readonly refundedAt: number | null;
  /** When the data goes after billing, under the retention policy that says so. */
  readonly expiresAt: number | null;
}

/** The silence between the last word and the end, at speed 1. */
const TAIL_MS = 300;

const kept = new WeakMap<StoredCall, { interventions: number; timeline: Timeline }>();

/** The timeline of a call. It depends on nothing but the stored call, so a restart changes nothing. */
export function timelineOf(call: StoredCall): Timeline {
  const known = kept.get(call);
  if (known?.interventions === call.interventions.length) return known.timeline;
  const timeline = layOut(call);
  kept.set(call, { interventions: call.interventions.length, timeline });
  return timeline;
}

function layOut(call: StoredCall): Timeline {
  const { pace, request, faults, createdAt } = call;
  const joinTimeout = scaled(pace, durationToMs(request.joinTimeout ?? '30s'));
  const { joinsAfter, end } = call.script ?? {};
  const joinDelay = scaled(pace, joinsAfter === undefined ? pace.joinDelayMs : durationToMs(joinsAfter));
  const refused = (findFault(faults, 'end-reason')?.reason ?? end) === 'unjoined';
  if (refused || findFault(faults, 'never-joins') !== undefined || joinDelay >= joinTimeout) {
    return settle(call, {
      joinedAt: null,
      endedAt: createdAt + joinTimeout,
      endReason: 'unjoined',
      items: [],
    });
  }
  const joinedAt = createdAt + joinDelay;
  const fold = new ConversationFold(pacedConversation(call), pace);
  for (const { at, message } of call.interventions) fold.steer(Math.max(0, at - joinedAt), message);
  const { items, quietAt } = fold.finish();
  const { length, ...rest } = limited(call, items, quietAt + scaled(pace, TAIL_MS));
  return settle(call, { joinedAt, endedAt: joinedAt + length, ...rest });
}

interface Conversation {
  items: readonly PlacedItem[];
  /** Milliseconds from the join to the end. */
  length: number;
  endReason: string;
}

/** Ends a conversation where a fault or the call's time limit says so. */
function limited(call: StoredCall, items: readonly PlacedItem[], length: number): Conversation {
  const { pace, request, faults } = call;
  const override = findFault(faults, 'end-reason');
  const endReason = override?.reason ?? call.script?.end ?? 'hangup';
  const failsAt = override?.afterMs === undefined ? Infinity : scaled(pace, override.afterMs);
  const limit = scaled(pace, durationToMs(request.maxDuration ?? '3600s'));
  if (failsAt < Math.min(limit, length)) return { items: cutOff(items, failsAt), length: failsAt, endReason };
  if (limit >= length) return { items, length, endReason };
  const notice = request.timeExceededMessage;
  const last = notice === undefined ? undefined : unscriptedLine(pace, notice);
  if (last === undefined || last.durationMs >= limit) {
    return { items: cutOff(items, limit), length: limit, endReason: 'timeout' };
  }
  const start = limit - last.durationMs;
  const spoken = spokenItem(last.text, start, limit, items.at(-1)?.stage ?? 0);
  return { items: [...cutOff(items, start), spoken], length: limit, endReason: 'timeout' };
}

function cutOff(items: readonly PlacedItem[], at: number): PlacedItem[] {
  return items.filter(item => item.start < at).map(item => (item.end <= at ? item : interrupted(item, at)));
}

type Course = Pick<Timeline, 'joinedAt' | 'endedAt' | 'endReason' | 'items'>;

/** Adds what comes after the end: summary, recording, billing. */
function settle(call: StoredCall, course: Course): Timeline {
  const { pace, request, faults } = call;
  const { endedAt } = course;
  const joined = course.joinedAt !== null;
  const never = (kind: 'summary-never' | 'recording-never' | 'billing-never'): boolean =>
    findFault(faults, kind) !== undefined;
  const after = (kind: 'summary-late' | 'recording-late' | 'billing-late', usual: number): number =>
    endedAt + scaled(pace, findFault(faults, kind)?.delayMs ?? usual);
  const recorded = joined && request.recordingEnabled === true && !never('recording-never');
  const billedAt = never('billing-never') ? null : after('billing-late', pace.billingDelayMs);
  const refund = findFault(faults, 'billing-refunded');
  const deletion = findFault(faults, 'auto-delete');
  const deletes = request.retentionPolicy === 'CALL_RETENTION_POLICY_AUTO_DELETE' || deletion !== undefined;
  const isFree = !joined || course.endReason === 'system_error';
  return {
    ...course,
    summaryAt: joined && !never('summary-never') ? after('summary-late', pace.summaryDelayMs) : null,
    recordingAt: recorded ? after('recording-late', pace.recordingDelayMs) : null,
    billedAt,
    refundedAt:
      refund === undefined || billedAt === null || isFree ? null : billedAt + scaled(pace, refund.delayMs),
    expiresAt: deletes && billedAt !== null ? billedAt + scaled(pace, deletion?.delayMs ?? 1000) : null,
  };
}

/** Whether a call is joined and not yet over. */
export function isLive(call: StoredCall, now: number): boolean {
  const { joinedAt, endedAt } = timelineOf(call);
  return deletionOf(call, now) === null && joinedAt !== null && joinedAt <= now && now < endedAt;
}

/** When the call was deleted, by a client or by its retention policy; null if it still exists now. */
export function deletionOf(call: StoredCall, now: number): number | null {
  if (call.deletedAt !== null) return call.deletedAt;
  const { expiresAt } = timelineOf(call);
  return expiresAt !== null && expiresAt <= now ? expiresAt : null;
}
