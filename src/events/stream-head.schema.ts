import { defineCollection } from '../mongo/model-provider.js';
import { type ScopedDocument, scopedSchema } from '../tenancy/plugin/scoped-schema.js';
import type { StreamName } from './outbox.schema.js';

/** How far a tenant's stream has got. Its conditional advance is what keeps two sealers from writing both. */
export interface StreamHeadDocument extends ScopedDocument {
  stream: StreamName;
  /** The last position given; 0 before the first. */
  position: number;
  /** The hash of the last audit entry; empty for the call stream. */
  hash: string;
  /** Positions up to here have been removed by retention. */
  floor: number;
  /** See StreamEpoch; missing: the first. */
  epoch?: number;
  /** The position at which the epoch began: what was given behind it before belongs to an epoch that is over. */
  epochStart?: number;
}

/**
 * Which history of a stream its positions belong to. A store that was set back gives the same positions to other
 * items, so it begins a new epoch, and positions of earlier ones say nothing any more. Epochs grow: each is the time
 * at which it began, in milliseconds since 1970.
 */
export type StreamEpoch = number;

/** The epoch of a stream that was never set back. */
export const FIRST_EPOCH: StreamEpoch = 0;

/** A place in a stream. */
export interface StreamPosition {
  readonly epoch: StreamEpoch;
  readonly position: number;
}

const schema = scopedSchema<StreamHeadDocument>({
  stream: { type: String, required: true, enum: ['calls', 'audit'] },
  position: { type: Number, required: true },
  hash: { type: String, default: '' },
  floor: { type: Number, default: 0 },
  epoch: { type: Number, default: 0 },
  epochStart: { type: Number, default: 0 },
});
// For StreamHeads.read and StreamHeads.advance; unique, so that a tenant has one head per stream.
schema.index({ tenantId: 1, stream: 1 }, { unique: true });

export const STREAM_HEADS = defineCollection<StreamHeadDocument>('StreamHead', 'streamHeads', schema);
