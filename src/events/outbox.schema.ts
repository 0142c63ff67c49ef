import { defineCollection } from '../mongo/model-provider.js';
import type { ObjectId } from '../mongo/object-id.js';
import { systemSchema } from '../tenancy/plugin/system-schema.js';

/** The two ordered streams of a tenant. */
export type StreamName = 'calls' | 'audit';

/**
 * A stored row that has no place in its tenant's stream yet. Work data: ids alone, written in the transaction of
 * the row itself and removed in the transaction that gives the row its place.
 */
export interface OutboxDocument {
  /** The id of the event or audit row. */
  _id: ObjectId;
  tenantId: ObjectId;
  stream: StreamName;
  createdAt: Date;
}

const schema = systemSchema<OutboxDocument>('work', {
  tenantId: { type: 'ObjectId', required: true },
  stream: { type: String, required: true, enum: ['calls', 'audit'] },
  createdAt: { type: Date, required: true },
});
// For Outbox.rowsOf.
schema.index({ tenantId: 1, stream: 1, _id: 1 });
// For Outbox.tenantsWaiting: the scan that finds what a dead process left behind.
schema.index({ createdAt: 1 });

export const OUTBOX = defineCollection<OutboxDocument>('Outbox', 'outbox', schema);
