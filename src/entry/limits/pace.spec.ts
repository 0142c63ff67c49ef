import { describe, expect, it } from '@jest/globals';
import { platformKey } from '../../ids/tenant-key.js';
import { Pace } from './pace.js';

const stride = (key: string, points = 1) => ({ key: platformKey(key), points, perSecond: 100, burst: 10 });

/** How long it takes until so many strides are made that are asked for at once, in milliseconds. */
async function timeOf(pace: Pace, key: string, count: number): Promise<number> {
  const started = performance.now();
  await Promise.all(Array.from({ length: count }, () => pace.make(stride(key))));
  return performance.now() - started;
}

describe('Pace', () => {
  it('lets a burst in at once, and what comes faster than the pace in order, in its time', async () => {
    const pace = new Pace();
    const made: number[] = [];
    const started = performance.now();
    await Promise.all(
      Array.from({ length: 40 }, async (_item, index) => {
        await pace.make(stride('a'));
        made.push(index);
      }),
    );
    // Thirty beyond the burst, ten milliseconds each.
    expect(performance.now() - started).toBeGreaterThan(290);
    expect(made).toEqual(made.toSorted((a, b) => a - b));
  });

  it('keeps nobody waiting for somebody else', async () => {
    const pace = new Pace();
    const waiting = timeOf(pace, 'a', 60);
    let isOver = false;
    void waiting.finally(() => (isOver = true));
    await timeOf(pace, 'b', 10);
    expect(isOver).toBe(false);
    await waiting;
  });

  it('refuses, and counts nothing, where somebody would have to wait for more than five seconds', async () => {
    const pace = new Pace();
    void pace.make(stride('a', 500));
    expect(() => {
      pace.assertSoon(stride('a', 20));
    }).toThrow(
      expect.objectContaining({ code: 'RATE_LIMITED', details: { retryAfterSeconds: expect.any(Number) } }),
    );
    expect(() => {
      pace.assertSoon(stride('a', 1), stride('b', 1));
    }).not.toThrow();
  });
});
