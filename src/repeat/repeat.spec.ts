import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from '@jest/globals';
import { outage } from '../errors/domain-error.js';
import { STREAM_RETRIES } from '../errors/retries.js';
import { repeat } from './repeat.js';

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

describe('Work that is repeated', () => {
  it('has each of its failures counted', async () => {
    const reasons: unknown[] = [];
    const note = (message: unknown) => void reasons.push((message as { reason: string }).reason);
    subscribe(STREAM_RETRIES, note);
    const errors = [new Error('of its own'), outage(null)];
    await new Promise<void>(resolve => {
      const repeating = repeat(
        1,
        () => {
          const error = errors.shift();
          if (error) return Promise.reject(error);
          resolve(repeating.stop());
          return Promise.resolve();
        },
        () => undefined,
      );
    });
    unsubscribe(STREAM_RETRIES, note);
    expect(reasons).toEqual(['fault', 'outage']);
  });

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
