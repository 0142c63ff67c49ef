import type { StreamName } from '../../events/outbox.schema.js';
import type { StreamPosition } from '../../events/stream-head.schema.js';

/** How far a tenant's streams were seen to have got, as it is noted outside the database. */
export type HeadNotes = Readonly<Partial<Record<StreamName, StreamPosition>>>;

/** The two streams of a tenant. */
export const STREAMS: readonly StreamName[] = ['calls', 'audit'];

/** Whether one place of a stream is further on than another: one of a later epoch is, wherever that has got to. */
export function isFurther(one: StreamPosition, other: StreamPosition): boolean {
  return one.epoch === other.epoch ? one.position > other.position : one.epoch > other.epoch;
}

/** The notes that are further on, stream by stream. */
export function furthest(one: HeadNotes, other: HeadNotes): HeadNotes {
  const merged: Partial<Record<StreamName, StreamPosition>> = { ...one };
  for (const stream of STREAMS) {
    const [mine, theirs] = [one[stream], other[stream]];
    if (theirs && (!mine || isFurther(theirs, mine))) merged[stream] = theirs;
  }
  return merged;
}
