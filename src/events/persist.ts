import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { DomainError } from '../errors/domain-error.js';

const PAUSE_MS = 500;

const logger = new Logger('Streams');

/**
 * Tries until it works, so that a stream waits while the store is away instead of ending with an error.
 * @returns null once `signal` aborts.
 * @throws DomainError at once: that is an answer, such as a right that is gone, and not an outage.
 */
export async function persist<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | null> {
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof DomainError) throw error;
      // Once for each wait: a fault that is not an outage must not stay silent.
      if (failures === 0) logger.warn(`A stream waits for the store: ${(error as Error).message}`);
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  return null;
}
