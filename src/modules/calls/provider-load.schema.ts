import { defineCollection } from '../../mongo/model-provider.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { systemSchema } from '../../tenancy/plugin/system-schema.js';
import type { Turns } from './fair-turns.js';

/** What is known of how much an account of the provider takes, and whose turn it is. Work data: ids, times, numbers. */
export interface ProviderLoadDocument {
  /** The account, as accountOf names it. */
  _id: ObjectId;
  turns: Turns;
  /** How many calls of ours it takes at a time, by its last word; null: it has not refused any for that reason. */
  limit: number | null;
  /** When it was asked for that. */
  askedAt: Date | null;
  /** Until when it wants no new calls. */
  pausedUntil: Date | null;
}

const schema = systemSchema<ProviderLoadDocument>('work', {
  turns: { type: Object, default: { now: 0, of: {} } },
  limit: { type: Number, default: null },
  askedAt: { type: Date, default: null },
  pausedUntil: { type: Date, default: null },
});

export const PROVIDER_LOADS = defineCollection<ProviderLoadDocument>('ProviderLoad', 'providerLoads', schema);
