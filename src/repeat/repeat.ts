import { setTimeout as sleep } from 'node:timers/promises';
import { isOutage } from '../errors/client-error.js';
import { reportRetry } from '../errors/retries.js';

/** The longest pause after failures in a row: what was away is looked at soon after it has come back. */
const LONGEST_PAUSE_MS = 1000;
/** How often a loop that goes on failing reports it. */
const REPORT_EVERY_MS = 60_000;

/** A job that runs again and again until it is stopped. */
export interface Repeating {
  /** Stops it, and returns once the run in progress has ended. */
  stop(): Promise<void>;
}

/**
 * Runs `work` every `pauseMs` milliseconds, one run after the other. An error does not end it: the pauses double with each
 * failure in a row, up to 1 s where they are shorter otherwise. Each failure is counted.
 * @param onError hears of the first failure in a row, and once a minute while they go on.
 */
export function repeat(
  pauseMs: number,
  work: () => Promise<void>,
  onError: (error: Error) => void,
): Repeating {
  const stopping = new AbortController();
  const isStopped = () => stopping.signal.aborted;
  const loop = (async () => {
    let failures = 0;
    let reportedAt = 0;
    while (!isStopped()) {
      try {
        await work();
        failures = 0;
      } catch (error) {
        failures += 1;
        reportRetry(isOutage(error) ? 'outage' : 'fault');
        const isDue = failures === 1 || performance.now() - reportedAt >= REPORT_EVERY_MS;
        if (isDue && !isStopped()) {
          reportedAt = performance.now();
          onError(error as Error);
        }
      }
      const longest = Math.max(pauseMs, LONGEST_PAUSE_MS);
      const pause = Math.min(pauseMs * 2 ** Math.min(failures, 20), longest);
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}
