import type { RedisPurpose } from '../redis/redis-keys.js';
import type { StreamName } from './outbox.schema.js';
import type { StreamPosition } from './stream-head.schema.js';

/**
 * One of a tenant's ordered streams, as live delivery reads it. All reading is done in the running scope.
 * `V` says what somebody may hear of it.
 */
export interface StreamSource<T, V> {
  readonly stream: StreamName;
  /** What is rung when the stream has grown. */
  readonly bell: RedisPurpose;
  /** What one who may hear everything may hear. */
  readonly everything: V;
  /**
   * The items behind a position, in order, at most `limit`. It may leave out what is not visible, and need not:
   * a page of less than `limit` items says that there are no more.
   */
  after(position: number, visibility: V, limit: number): Promise<T[]>;
  positionOf(item: T): number;
  /** Whether an item may be heard; asked for each one before it is delivered. */
  isVisible(item: T, visibility: V): boolean;
  /** Characters of an item's own text, roughly: the memory of a process is bounded by it. */
  sizeOf?(item: T): number;
  /** What an earlier item is after a later one has come, for items that may be taken back. */
  afterwards?(earlier: T, later: T): T;
  /** The cursor that goes on behind a position. */
  cursorAt(position: StreamPosition): string;
}

/** What somebody may hear now. A DomainError that it throws ends the delivery, and reaches the client. */
export type Visibility<V> = () => V | Promise<V>;
