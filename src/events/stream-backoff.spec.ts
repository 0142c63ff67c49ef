import { describe, expect, it } from '@jest/globals';
import { StreamBackoff } from './stream-backoff.js';

describe('StreamBackoff', () => {
  it('puts off what fails for twice as long each time, a minute at most, and nothing else', () => {
    let now = 0;
    const backoff = new StreamBackoff<string>(() => now);
    for (const pause of [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
      expect(backoff.isDue('stuck')).toBe(true);
      backoff.failed('stuck');
      now += pause * 0.89;
      expect([backoff.isDue('stuck'), backoff.isDue('other')]).toEqual([false, true]);
      now += pause * 0.22;
    }
    expect([backoff.size, backoff.hasFailed('stuck')]).toEqual([1, true]);
    backoff.succeeded('stuck');
    expect([backoff.size, backoff.isDue('stuck'), backoff.failed('stuck')]).toEqual([0, true, 1]);
  });

  it('forgets what is not tried any more', () => {
    let now = 0;
    const backoff = new StreamBackoff<string>(() => now);
    backoff.failed('gone');
    now = 120_000;
    backoff.forgetOld();
    expect(backoff.size).toBe(1);
    now = 200_000;
    backoff.forgetOld();
    expect(backoff.size).toBe(0);
  });
});
