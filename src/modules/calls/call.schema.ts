import {
  CALL_END_REASONS,
  CALL_STATUSES,
  type CallEndReason,
  type CallStatus,
} from '../../events/call-event.schema.js';
import { defineCollection } from '../../mongo/model-provider.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { type ScopedDocument, scopedSchema } from '../../tenancy/plugin/scoped-schema.js';
import type { BookedUsage } from '../usage/usage-ledger.service.js';

export const CALL_MEDIA = ['WEB', 'PHONE'] as const;
export type CallMedium = (typeof CALL_MEDIA)[number];

/** How the provider is told of a call, and what it made of it. */
export interface CallProvider {
  /** The address of the provider that the call was given to; it stays there for good. */
  baseUrl: string;
  /** Whether the tenant's own key was used, rather than the platform's. */
  isOwnKey: boolean;
  callId: string | null;
  /** When the provider made it. */
  createdAt: Date | null;
  /** A bearer secret: only for the call's creator, and only until the call is over. */
  joinUrl: string | null;
  attempts: number;
  /** Since when a request to create it is under way or unanswered: the provider may or may not know the call. */
  uncertainSince: Date | null;
  lastAttemptAt: Date | null;
  /** Whether it was made sure that several attempts have left no second call behind. */
  isUnique: boolean;
  billing: CallBilling;
  /** What the bill says, in seconds, also of one that was taken back; null until it is final. */
  billedSeconds: number | null;
}

/** How far the provider's bill is. It never goes back. */
export const CALL_BILLINGS = ['pending', 'final', 'refunded'] as const;
export type CallBilling = (typeof CALL_BILLINGS)[number];

/** What follows a call's end, step by step. */
export interface CallSettlement {
  transcript: boolean;
  summary: 'pending' | 'ready' | 'absent';
  recording: 'pending' | 'ready' | 'absent';
  billing: boolean;
  /** When a final bill was last looked at again: it may be changed or taken back later. */
  billCheckedAt: Date | null;
  /** Whether a deleted or erased call is gone at the provider too. */
  deletion: boolean;
}

export interface CallDocument extends ScopedDocument {
  createdById: ObjectId | null;
  /** The API key that it was made with; null when a user made it. */
  createdByKeyId: ObjectId | null;
  status: CallStatus;
  medium: CallMedium;
  agentId: ObjectId | null;
  agentVersion: number | null;
  systemPrompt: string;
  model: string | null;
  voice: string | null;
  languageHint: string | null;
  temperature: number | null;
  firstSpeaker: 'AGENT' | 'USER';
  recordingEnabled: boolean;
  maxDurationSeconds: number;
  phoneNumber: string | null;
  variables: Record<string, unknown>;
  metadata: Record<string, string>;
  /** Keys and values of the metadata, joined by NUL, for filtering by an index. */
  metadataPairs: string[];
  isSimulated: boolean;
  provider: CallProvider;
  idempotency: { owner: string; key: string; fingerprint: string } | null;
  createdAt: Date;
  /** Until when it may wait for a free place. */
  queuedUntil: Date;
  joinedAt: Date | null;
  endedAt: Date | null;
  endReason: CallEndReason | null;
  failure: string | null;
  billedSeconds: number | null;
  /** What stands in the usage ledger for it; null: nothing yet. */
  booked: BookedUsage | null;
  summary: string | null;
  shortSummary: string | null;
  /** Distinct terms of transcript and summary, as storedTerms makes them, for searching by an index. */
  words: string[];
  settlement: CallSettlement;
  /** The last event's number. */
  sequence: number;
  /** The last event's time; events of a call never go back in time. */
  lastEventAt: Date;
  /** When the user asked to end it. */
  endRequestedAt: Date | null;
  deletedAt: Date | null;
  /** When its content was erased together with whoever made it; the call itself stays. */
  erasedAt: Date | null;
}

const schema = scopedSchema<CallDocument>({
  createdById: { type: 'ObjectId', default: null },
  createdByKeyId: { type: 'ObjectId', default: null },
  status: { type: String, required: true, enum: CALL_STATUSES },
  medium: { type: String, required: true, enum: CALL_MEDIA },
  agentId: { type: 'ObjectId', default: null },
  agentVersion: { type: Number, default: null },
  systemPrompt: { type: String, default: '' },
  model: { type: String, default: null },
  voice: { type: String, default: null },
  languageHint: { type: String, default: null },
  temperature: { type: Number, default: null },
  firstSpeaker: { type: String, required: true, enum: ['AGENT', 'USER'] },
  recordingEnabled: { type: Boolean, required: true },
  maxDurationSeconds: { type: Number, required: true },
  phoneNumber: { type: String, default: null },
  variables: { type: Object, required: true },
  metadata: { type: Object, required: true },
  metadataPairs: { type: [String], required: true },
  isSimulated: { type: Boolean, required: true },
  provider: { type: Object, required: true },
  idempotency: { type: Object, default: null },
  createdAt: { type: Date, required: true },
  queuedUntil: { type: Date, required: true },
  joinedAt: { type: Date, default: null },
  endedAt: { type: Date, default: null },
  endReason: { type: String, default: null, enum: [...CALL_END_REASONS, null] },
  failure: { type: String, default: null },
  billedSeconds: { type: Number, default: null },
  booked: { type: Object, default: null },
  summary: { type: String, default: null },
  shortSummary: { type: String, default: null },
  words: { type: [String], required: true },
  settlement: { type: Object, required: true },
  sequence: { type: Number, required: true },
  lastEventAt: { type: Date, required: true },
  endRequestedAt: { type: Date, default: null },
  deletedAt: { type: Date, default: null },
  erasedAt: { type: Date, default: null },
} as never);
// For CallsRepository.page of admins, and the dashboard's days.
schema.index({ tenantId: 1, createdAt: -1, _id: -1 });
// For CallsRepository.page of one creator.
schema.index({ tenantId: 1, createdById: 1, createdAt: -1, _id: -1 });
// For CallsRepository.page by status, countAtProvider, atProviderSince and the dashboard's counts.
schema.index({ tenantId: 1, status: 1, createdAt: -1, _id: -1 });
// For CallsRepository.page by agent.
schema.index({ tenantId: 1, agentId: 1, createdAt: -1, _id: -1 });
// For CallsRepository.page by metadata.
schema.index({ tenantId: 1, metadataPairs: 1, createdAt: -1, _id: -1 });
// For CallsRepository.page by words.
schema.index({ tenantId: 1, words: 1, createdAt: -1, _id: -1 });
// For CallsRepository.idsOfSilent.
schema.index({ tenantId: 1, lastEventAt: 1 });
// For CallsRepository.findByIdempotencyKey; unique, so that one key makes one call, whoever is faster.
schema.index(
  { tenantId: 1, 'idempotency.owner': 1, 'idempotency.key': 1 },
  { unique: true, partialFilterExpression: { 'idempotency.key': { $type: 'string' } } },
);

export const CALLS = defineCollection<CallDocument>('Call', 'calls', schema);
