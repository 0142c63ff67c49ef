const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How long a delivery waits after its first, second … failed try, in milliseconds: some three days in all. */
export const RETRY_DELAYS_MS: readonly number[] = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  8 * HOUR,
  12 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** Each wait is longer or shorter by up to this share, so that what failed together does not come back together. */
export const JITTER = 0.1;

/**
 * How long a delivery waits after so many failed tries, in milliseconds; null when it is given up.
 * @param chance 0 to 1, which decides on the jitter.
 */
export function retryDelayMs(tries: number, chance = Math.random()): number | null {
  const delay = RETRY_DELAYS_MS[tries - 1];
  return delay === undefined ? null : Math.round(delay * (1 - JITTER + 2 * JITTER * chance));
}
