import { channel } from 'node:diagnostics_channel';

/** Why something is tried again: the store is away, or something else went wrong. */
export type RetryReason = 'outage' | 'fault';

/** The diagnostics channel that tells of each retry in a stream, and of each failed round of what the server repeats. */
export const STREAM_RETRIES = 'voho:stream-retries';
const retries = channel(STREAM_RETRIES);

/** Counts a retry. */
export function reportRetry(reason: RetryReason): void {
  retries.publish({ reason });
}
