import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '../errors/domain-error.js';

const PAUSE_MS = 500;

/**
 * Tries until it works, so that a stream waits while the store is away instead of ending with an error.
 * @returns null once `signal` aborts.
 * @throws DomainError at once: that is an answer, such as a right that is gone, and not an outage.
 */
export async function persist<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | null> {
  while (!signal.aborted) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof DomainError) throw error;
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  return null;
}
