import { defineCollection } from '../mongo/model-provider.js';
import type { ObjectId } from '../mongo/object-id.js';
import { type ScopedDocument, scopedSchema } from '../tenancy/plugin/scoped-schema.js';

/** Where a call stands. */
export const CALL_STATUSES = ['QUEUED', 'RINGING', 'IN_PROGRESS', 'COMPLETED', 'FAILED', 'ENDED'] as const;
export type CallStatus = (typeof CALL_STATUSES)[number];

/** Why a call is over. */
export const CALL_END_REASONS = [
  'UNJOINED',
  'HANGUP',
  'AGENT_HANGUP',
  'TIMEOUT',
  'CONNECTION_ERROR',
  'SYSTEM_ERROR',
  'CANCELLED',
  'PROVIDER_REJECTED',
  'QUOTA_EXCEEDED',
  'QUEUE_EXPIRED',
  'OTHER',
] as const;
export type CallEndReason = (typeof CALL_END_REASONS)[number];

/** Something said in a call. Times are offsets from the join, in seconds. */
export interface Utterance {
  readonly ordinal: number;
  readonly speaker: 'AGENT' | 'USER' | 'TOOL';
  readonly text: string;
  readonly medium: 'VOICE' | 'TEXT';
  readonly startSeconds: number | null;
  readonly endSeconds: number | null;
}

/** What happened to a call, as this version stores it. */
export type KnownHappening =
  | {
      readonly type: 'statusChanged';
      readonly status: CallStatus;
      readonly previousStatus: CallStatus | null;
      readonly endReason: CallEndReason | null;
    }
  | { readonly type: 'utteranceAdded'; readonly utterance: Utterance; readonly joinedAt: Date | null }
  | { readonly type: 'transcriptSettled'; readonly utteranceCount: number }
  | { readonly type: 'recordingReady' }
  | { readonly type: 'summaryReady'; readonly summary: string; readonly shortSummary: string | null }
  | { readonly type: 'deleted' };

/** What happened to a call, as it is read: a newer version beside this one may have stored kinds that it does not know. */
export type CallHappening = KnownHappening | { readonly type: 'unknown'; readonly kind: string };

/** A stored event of a call. Nobody hears of it before it is stored and has its position. */
export interface CallEventDocument extends ScopedDocument {
  callId: ObjectId;
  /** Who made the call, and so may hear of it beside the admins; null for a call made without a user. */
  ownerId: ObjectId | null;
  /** 1, 2, 3 … within the call, without gaps. */
  sequence: number;
  /** 1, 2, 3 … within the tenant, given after the commit; null until then. */
  position: number | null;
  occurredAt: Date;
  happening: CallHappening;
  /** What was said, sealed, so that `happening` does not say it; null where there are no words, or no person: see EventWords. */
  sealedWords: string | null;
}

const schema = scopedSchema<CallEventDocument>({
  callId: { type: 'ObjectId', required: true },
  ownerId: { type: 'ObjectId', default: null },
  sequence: { type: Number, required: true },
  position: { type: Number, default: null },
  occurredAt: { type: Date, required: true },
  happening: { type: Object, required: true },
  sealedWords: { type: String, default: null },
});
// For CallEvents.ofCall; unique, so that a call never has two events of one number.
schema.index({ tenantId: 1, callId: 1, sequence: 1 }, { unique: true });
// For CallEvents.after of admins; unique, so that a position is given once.
schema.index(
  { tenantId: 1, position: 1 },
  { unique: true, partialFilterExpression: { position: { $gt: 0 } } },
);
// For CallEvents.after of one user, and of one call.
schema.index({ tenantId: 1, ownerId: 1, position: 1 });
schema.index({ tenantId: 1, callId: 1, position: 1 });
// For CallEvents.between.
schema.index({ tenantId: 1, occurredAt: 1 });

export const CALL_EVENTS = defineCollection<CallEventDocument>(
  'CallEvent',
  'callEvents',
  schema,
  // Changed they must be: an event gets its position after the commit, and the words of a call that is erased go.
  'no-removal',
);
