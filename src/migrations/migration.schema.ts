import { defineCollection } from '../mongo/model-provider.js';
import type { ObjectId } from '../mongo/object-id.js';
import { systemSchema } from '../tenancy/plugin/system-schema.js';

/** The lock's own row: no migration is called so. */
export const LOCK_NAME = 'lock';

/** A migration that has been applied to this database, or the lock under which one is. */
export interface MigrationDocument {
  _id: ObjectId;
  /** The migration's name, or {@link LOCK_NAME}. */
  name: string;
  /** null: for the lock alone. */
  appliedAt: Date | null;
  /** Who holds the lock, and until when that counts; null for migrations. */
  leaseId: ObjectId | null;
  leasedUntil: Date | null;
}

const schema = systemSchema<MigrationDocument>('work', {
  name: { type: String, required: true },
  appliedAt: { type: Date, default: null },
  leaseId: { type: 'ObjectId', default: null },
  leasedUntil: { type: Date, default: null },
});
// For MigrationStore; unique, so that there is one lock and a migration is recorded once.
schema.index({ name: 1 }, { unique: true });

export const MIGRATIONS = defineCollection<MigrationDocument>('Migration', 'migrations', schema);
