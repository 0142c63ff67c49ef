import { describe, expect, it } from '@jest/globals';
import { repeat } from './repeat.js';

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

describe('Work that is repeated', () => {
  it('slows down while it fails, tells it once, and is quick again as soon as it works', async () => {
    const [runs, errors]: [number[], string[]] = [[], []];
    let isFailing = true;
    const repeating = repeat(
      20,
      async () => {
        runs.push(performance.now());
        await Promise.resolve();
        if (isFailing) throw new Error(`failure ${runs.length}`);
      },
      error => errors.push(error.message),
    );
    await pause(1500);
    const slow = runs.length;
    expect(slow).toBeLessThan(10);
    isFailing = false;
    await pause(1500);
    const quick = runs.length;
    await pause(500);
    expect(runs.length - quick).toBeGreaterThan(5);
    expect(errors).toEqual(['failure 1']);
    await repeating.stop();
  });

  it('never pauses for more than a second, or than it does anyway', async () => {
    const runs: number[] = [];
    const repeating = repeat(
      500,
      async () => {
        runs.push(performance.now());
        await Promise.resolve();
        throw new Error('always');
      },
      () => undefined,
    );
    await pause(5000);
    await repeating.stop();
    const gaps = runs.slice(1).map((at, index) => at - (runs[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(1600);
    expect(gaps.length).toBeGreaterThanOrEqual(3);
  });
});
