import { defineCollection } from '../../mongo/model-provider.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { type ScopedDocument, scopedSchema } from '../../tenancy/plugin/scoped-schema.js';

/** The calls that use up a tenant's concurrency: one document per tenant. */
export interface CallSlotsDocument extends ScopedDocument {
  callIds: ObjectId[];
}

const schema = scopedSchema<CallSlotsDocument>({ callIds: { type: ['ObjectId'], required: true } } as never);
// For CallSlots; unique, so that a tenant has one list.
schema.index({ tenantId: 1 }, { unique: true });

export const CALL_SLOTS = defineCollection<CallSlotsDocument>('CallSlots', 'callSlots', schema);
