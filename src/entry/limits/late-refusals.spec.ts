import { describe, expect, it } from '@jest/globals';
import { platformKey } from '../../ids/tenant-key.js';
import { FloodError, LATE_MS, LateRefusals, MOST_LATE } from './late-refusals.js';

/** How a wait ended, and after how many milliseconds. */
async function waited(refusals: LateRefusals, key: string): Promise<{ isFlood: boolean; after: number }> {
  const started = performance.now();
  const isFlood = await refusals.wait(platformKey(key)).then(
    () => false,
    (error: unknown) => error instanceof FloodError,
  );
  return { isFlood, after: performance.now() - started };
}

describe('LateRefusals', () => {
  it('tell the first refusals at once, keep further ones back, and cut who sends on meanwhile', async () => {
    const refusals = new LateRefusals();
    const first = await Promise.all(Array.from({ length: 20 }, () => waited(refusals, 'a')));
    expect(first.every(({ isFlood }) => !isFlood)).toBe(true);
    const late = Array.from({ length: MOST_LATE }, () => waited(refusals, 'a'));
    expect(await waited(refusals, 'a')).toMatchObject({ isFlood: true });
    // Somebody else is told at once meanwhile.
    expect(await Promise.race([waited(refusals, 'b').then(() => 'b'), ...late])).toBe('b');
    for (const { isFlood, after } of await Promise.all(late)) {
      expect(isFlood).toBe(false);
      expect(after).toBeGreaterThan(LATE_MS - 100);
    }
  });

  it('count those that were kept back in an earlier window until they are told, and no longer', async () => {
    const windowMs = 1000;
    const refusals = new LateRefusals(windowMs);
    const many = (count: number) => Promise.all(Array.from({ length: count }, () => waited(refusals, 'a')));
    const late = many(20 + MOST_LATE);
    await new Promise(resolve => setTimeout(resolve, windowMs + 100));
    await many(20);
    expect(await waited(refusals, 'a')).toMatchObject({ isFlood: true });
    await late;
    expect((await many(20 + MOST_LATE)).filter(({ isFlood }) => isFlood)).toEqual([]);
  });
});
