import { defineCollection } from '../../mongo/model-provider.js';
import { type ScopedDocument, scopedSchema } from '../../tenancy/plugin/scoped-schema.js';

/**
 * What a tenant's phone calls on the platform's account come to in a minute or on a day. It holds no number, only a keyed
 * digest, and outlives the calls: deleting a call frees nothing.
 */
export interface PhoneCounterDocument extends ScopedDocument {
  /** `tenant`, `country:DE` or `number:<digest>`. */
  subject: string;
  /** A minute such as 2026-01-31T23:59, or a day such as 2026-01-31; UTC. */
  window: string;
  /** Calls accepted; counted by the minute. */
  calls: number;
  /** Seconds billed or about to be; counted by the day on which the provider made the call. */
  billedSeconds: number;
  expiresAt: Date;
}

const schema = scopedSchema<PhoneCounterDocument>({
  subject: { type: String, required: true },
  window: { type: String, required: true },
  calls: { type: Number, required: true, default: 0 },
  billedSeconds: { type: Number, required: true, default: 0 },
  expiresAt: { type: Date, required: true },
});
// For PhoneCountersRepository; unique, so that a window has one counter.
schema.index({ tenantId: 1, subject: 1, window: 1 }, { unique: true });
// Counters of windows long past are removed by the database.
schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

export const PHONE_COUNTERS = defineCollection<PhoneCounterDocument>('PhoneCounter', 'phoneCounters', schema);
