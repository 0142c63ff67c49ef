import { describe, expect, it } from '@jest/globals';
import { DomainError } from '../errors/domain-error.js';
import { persist } from './persist.js';

/** An error as the driver throws it while the database is away. */
function away(name = 'MongoServerSelectionError'): Error {
  const error = new Error('connect ECONNREFUSED');
  error.name = name;
  return error;
}

const never = new AbortController().signal;

/** Fails as often as there are errors, then works. */
function failing(errors: readonly Error[]) {
  const times: number[] = [];
  const work = async () => {
    times.push(performance.now());
    const error = errors[times.length - 1];
    await Promise.resolve();
    if (error) throw error;
    return 'done';
  };
  return { work, times };
}

describe('persist', () => {
  it.each(['MongoServerSelectionError', 'MongoNetworkError', 'MongoPoolClearedError'])(
    'waits while the store is away (%s), with pauses that grow',
    async name => {
      const { work, times } = failing([away(name), away(name), away(name)]);
      expect(await persist(work, never)).toBe('done');
      const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
      expect(pauses).toHaveLength(3);
      // Half of the full pause at least: 250, 500, 1000 ms.
      expect(pauses.map((pause, index) => pause >= 0.5 * 250 * 2 ** index - 5)).toEqual([true, true, true]);
    },
  );

  it('ends with UNAVAILABLE when the store stays away', async () => {
    const { work } = failing(Array.from({ length: 100 }, () => away()));
    const ended = persist(work, never, 300);
    await expect(ended).rejects.toBeInstanceOf(DomainError);
    await expect(ended).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      details: { retryAfterSeconds: expect.any(Number) },
    });
  });

  it.each([new TypeError('x is not a function'), new Error('a fault of ours'), new RangeError('out of it')])(
    'ends with what is no outage after five tries: %s',
    async fault => {
      const { work, times } = failing(Array.from({ length: 100 }, () => fault));
      await expect(persist(work, never)).rejects.toBe(fault);
      expect(times).toHaveLength(5);
    },
    20_000,
  );

  it('goes on after a fault that passes', async () => {
    expect(await persist(failing([new Error('once')]).work, never)).toBe('done');
  });

  it('ends with an answer at once, and with nothing for whoever leaves', async () => {
    const { work, times } = failing([new DomainError('FORBIDDEN')]);
    await expect(persist(work, never)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(times).toHaveLength(1);
    const leaving = new AbortController();
    const waiting = persist(failing([away(), away(), away(), away()]).work, leaving.signal);
    setTimeout(() => leaving.abort(), 50);
    expect(await waiting).toBeNull();
  });
});
