import { defineCollection } from '../../mongo/model-provider.js';
import { type ScopedDocument, scopedSchema } from '../../tenancy/plugin/scoped-schema.js';

/** One document per tenant, written by everything that takes an active admin away. */
export interface AdminRosterDocument extends ScopedDocument {
  changes: number;
}

const schema = scopedSchema<AdminRosterDocument>({ changes: { type: Number, required: true } });
// For AdminRoster.lock; unique, since two documents would be two locks.
schema.index({ tenantId: 1 }, { unique: true });

export const ADMIN_ROSTERS = defineCollection<AdminRosterDocument>('AdminRoster', 'adminRosters', schema);
