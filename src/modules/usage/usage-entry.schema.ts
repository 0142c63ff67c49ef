import { defineCollection } from '../../mongo/model-provider.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { type ScopedDocument, scopedSchema } from '../../tenancy/plugin/scoped-schema.js';

/** What an entry stands on: the call's end, the provider's bill, or a later change of that bill. */
export const USAGE_KINDS = ['ESTIMATE', 'FINAL', 'CORRECTION'] as const;
export type UsageKind = (typeof USAGE_KINDS)[number];

/**
 * An entry of the usage ledger. Entries are added and never changed or removed, not even with their call: they hold no
 * personal data. Each says by how much the use grows or shrinks, so that the use is the sum of all entries.
 */
export interface UsageEntryDocument extends ScopedDocument {
  callId: ObjectId;
  /** 1, 2, 3 within the call. */
  ordinal: number;
  kind: UsageKind;
  /** YYYY-MM, UTC, in which the provider made the call. */
  month: string;
  /** YYYY-MM-DD, the same. */
  day: string;
  /** The provider's account. */
  accountId: ObjectId;
  calls: number;
  /** From the join to the end. */
  callSeconds: number;
  billedSeconds: number;
  recordedAt: Date;
}

const schema = scopedSchema<UsageEntryDocument>({
  callId: { type: 'ObjectId', required: true },
  ordinal: { type: Number, required: true },
  kind: { type: String, required: true, enum: USAGE_KINDS },
  month: { type: String, required: true },
  day: { type: String, required: true },
  accountId: { type: 'ObjectId', required: true },
  calls: { type: Number, required: true },
  callSeconds: { type: Number, required: true },
  billedSeconds: { type: Number, required: true },
  recordedAt: { type: Date, required: true },
} as never);
// For UsageLedger.append; unique, so that nothing is booked twice.
schema.index({ tenantId: 1, callId: 1, ordinal: 1 }, { unique: true });
// For UsageEntriesRepository.sumOf, which reads nothing else, and days.
schema.index({ tenantId: 1, month: 1, calls: 1, callSeconds: 1, billedSeconds: 1 });

export const USAGE_ENTRIES = defineCollection<UsageEntryDocument>('UsageEntry', 'usageEntries', schema);
