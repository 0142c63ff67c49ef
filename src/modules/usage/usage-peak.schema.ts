import { defineCollection } from '../../mongo/model-provider.js';
import { type ScopedDocument, scopedSchema } from '../../tenancy/plugin/scoped-schema.js';

/** The most calls that a tenant had at the provider at a time in a month. */
export interface UsagePeakDocument extends ScopedDocument {
  /** YYYY-MM, UTC. */
  month: string;
  concurrentCalls: number;
}

const schema = scopedSchema<UsagePeakDocument>({
  month: { type: String, required: true },
  concurrentCalls: { type: Number, required: true },
});
// For UsagePeaksRepository; unique, so that a month has one peak.
schema.index({ tenantId: 1, month: 1 }, { unique: true });

export const USAGE_PEAKS = defineCollection<UsagePeakDocument>('UsagePeak', 'usagePeaks', schema);
