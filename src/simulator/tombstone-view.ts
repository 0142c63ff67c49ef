import { timelineOf } from './call-timeline.js';
import { iso, past, type Json } from './call-view.js';
import type { StoredCall } from './stored-call.js';

/** The one account the simulator knows. */
export const ACCOUNT_ID = '5f0c6f2e-6d0c-4c39-9a70-0f6f7c1d2a11';

/** What is left of a deleted call. */
export function tombstoneView(call: StoredCall, deletedAt: number): Json {
  const timeline = timelineOf(call);
  const ended = past(timeline.endedAt, deletedAt);
  return {
    callId: call.callId,
    accountId: ACCOUNT_ID,
    created: iso(call.createdAt),
    joined: past(timeline.joinedAt, deletedAt),
    ended,
    deletionTime: iso(deletedAt),
    endReason: ended === null ? null : timeline.endReason,
    maxDuration: call.request.maxDuration ?? '3600s',
    recordingEnabled: call.request.recordingEnabled ?? false,
    hadSummary: past(timeline.summaryAt, deletedAt) !== null,
  };
}
