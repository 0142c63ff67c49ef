import { describe, expect, it } from '@jest/globals';
import { platformKey } from '../ids/tenant-key.js';
import { ConcurrencyCaps } from './concurrency-caps.js';

const [A, B] = [platformKey('a'), platformKey('b')];

describe('ConcurrencyCaps', () => {
  it('S48 lets in as many per key as the cap says, and one more for each that has left', () => {
    const caps = new ConcurrencyCaps();
    const leave = caps.enter(A, 2);
    expect([caps.enter(A, 2), caps.enter(A, 2), caps.enter(B, 2)]).toEqual([
      expect.any(Function),
      null,
      expect.any(Function),
    ]);
    leave?.();
    expect(caps.enter(A, 2)).not.toBeNull();
  });

  it('counts each one out once, however often it is told', () => {
    const caps = new ConcurrencyCaps();
    const leave = caps.enter(A, 1);
    leave?.();
    caps.enter(A, 1);
    leave?.();
    expect(caps.enter(A, 1)).toBeNull();
  });
});
