import { channel } from 'node:diagnostics_channel';

/** Something stored that cannot be read as what it should be, and what was done without. */
export interface UnreadableData {
  /** What it is, such as `call event`. */
  readonly what: string;
  /** Its id in hex. */
  readonly id: string;
  /** What is wrong with it; never any part of it. */
  readonly reason: string;
}

/** The diagnostics channel that tells of everything stored that cannot be read, wherever it is met. */
export const UNREADABLE_DATA = 'voho:unreadable-data';
const unreadable = channel(UNREADABLE_DATA);

/**
 * Raises the alarm for something stored that cannot be read. What meets it goes on without it: one damaged document must
 * not stop all that lies behind it.
 */
export function reportUnreadable(data: UnreadableData): void {
  unreadable.publish(data);
}
