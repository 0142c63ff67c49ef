import { setTimeout as sleep } from 'node:timers/promises';

/** A job that runs again and again until it is stopped. */
export interface Repeating {
  /** Stops it, and returns once the run in progress has ended. */
  stop(): Promise<void>;
}

/** Runs `work` every `pauseMs` milliseconds, one run after the other; an error is reported and does not end it. */
export function repeat(
  pauseMs: number,
  work: () => Promise<void>,
  onError: (error: Error) => void,
): Repeating {
  const stopping = new AbortController();
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      await work().catch((error: unknown) => {
        if (!stopping.signal.aborted) onError(error as Error);
      });
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}
