import { defineCollection } from '../../mongo/model-provider.js';
import { systemSchema } from '../../tenancy/plugin/system-schema.js';
import type { ObjectId } from '../../mongo/object-id.js';

/** That there was news of a call which we did not know by then. What it said is not kept: the provider is asked. */
export interface EarlyNewsDocument {
  _id: ObjectId;
  providerCallId: string;
  expiresAt: Date;
}

const schema = systemSchema<EarlyNewsDocument>('work', {
  providerCallId: { type: String, required: true },
  expiresAt: { type: Date, required: true },
});
// For EarlyNews.match; unique, so that repeated news of one call is kept once.
schema.index({ providerCallId: 1 }, { unique: true });
// What nobody has claimed is not ours.
schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

export const EARLY_NEWS = defineCollection<EarlyNewsDocument>('EarlyNews', 'earlyNews', schema);
