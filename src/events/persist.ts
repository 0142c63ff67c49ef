import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { isOutage } from '../errors/client-error.js';
import { DomainError, outage } from '../errors/domain-error.js';
import { reportRetry } from '../errors/retries.js';

/** The pause behind the first failure; each further one is twice as long, up to the longest. In milliseconds. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5000;
/** How long an outage is waited for; whoever follows a stream then comes back by itself. */
const OUTAGE_MS = 5 * 60_000;
/** How often something else than an outage is tried again: it may pass, and must not be waited for in silence. */
const MOST_FAULTS = 5;

const logger = new Logger('Streams');

/**
 * Tries again until it works, so that a stream waits while the store is away instead of ending with an error. Pauses
 * grow, and have an end: an outage is waited for up to `outageMs`, any other fault for five tries. Each retry is counted.
 * @returns null once `signal` aborts.
 * @throws DomainError at once: that is an answer, such as a right that is gone, and not an outage. UNAVAILABLE when the
 * outage lasts; the fault itself when it stays.
 */
export async function persist<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  outageMs = OUTAGE_MS,
): Promise<T | null> {
  const startedAt = performance.now();
  let faults = 0;
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof DomainError && error.code !== 'UNAVAILABLE') throw error;
      const isAway = isOutage(error);
      if (!isAway) faults += 1;
      reportRetry(isAway ? 'outage' : 'fault');
      // Once for each wait: a fault that is not an outage must not stay silent.
      if (failures === 0) logger.warn(`A stream waits for the store: ${(error as Error).message}`);
      if (faults >= MOST_FAULTS) {
        logger.error(`A stream ends by a fault: ${(error as Error).message}`, (error as Error).stack);
        throw error;
      }
      if (performance.now() - startedAt > outageMs) {
        logger.error(`A stream ends, since the store stays away: ${(error as Error).message}`);
        throw outage(error);
      }
      await sleep(pauseAfter(failures), undefined, { signal }).catch(() => undefined);
    }
  }
  return null;
}

/** Never shorter than half of its length, and spread, so that those who wait do not come back all at once. */
const pauseAfter = (failures: number): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
