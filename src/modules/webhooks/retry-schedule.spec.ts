import { describe, expect, it } from '@jest/globals';
import { JITTER, retryDelayMs, RETRY_DELAYS_MS } from './retry-schedule.js';

describe('The schedule of retries', () => {
  it('grows from seconds to a day, and ends after three days', () => {
    const hours = RETRY_DELAYS_MS.reduce((sum, delay) => sum + delay, 0) / 3_600_000;
    expect(hours).toBeGreaterThan(71);
    expect(hours).toBeLessThan(73);
    expect([...RETRY_DELAYS_MS].sort((a, b) => a - b)).toEqual(RETRY_DELAYS_MS);
  });

  it('waits as documented after each try, give or take a tenth, and gives up after the thirteenth', () => {
    RETRY_DELAYS_MS.forEach((delay, index) => {
      expect(retryDelayMs(index + 1, 0.5)).toBe(delay);
      expect(retryDelayMs(index + 1, 0)).toBe(Math.round(delay * (1 - JITTER)));
      expect(retryDelayMs(index + 1, 1)).toBe(Math.round(delay * (1 + JITTER)));
    });
    expect(retryDelayMs(13)).toBeNull();
  });
});
