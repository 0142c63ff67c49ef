import type { ObjectId } from '../mongo/object-id.js';
import type { StreamEpoch } from './stream-head.schema.js';
import type { TenantTail } from './tenant-tail.js';

/** Where a stream stands, as far as its followers must know. */
export interface FeedHead {
  readonly epoch: StreamEpoch;
  /** The position of the last item in the store. */
  readonly position: number;
  /** The position up to which retention has removed the stream. It is raised before anything is removed. */
  readonly floor: number;
}

/** A tail, and the epoch that its positions are of. */
export interface TailOfEpoch<T> {
  readonly epoch: StreamEpoch;
  readonly tail: TenantTail<T>;
}

/** A tail with its followers; they are counted at once, so that it is never closed under a newcomer. */
export interface OpenTail<T> {
  readonly tenantId: ObjectId;
  /** Null until the first follower has opened it, and again when that failed: the next attempt starts anew. */
  tail: Promise<TailOfEpoch<T>> | null;
  stop: () => void;
  followers: number;
  /** The head of the epoch that has followed this tail's; null while there is none. */
  successor: FeedHead | null;
}
