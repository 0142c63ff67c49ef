import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { platformKey } from '../ids/tenant-key.js';
import { MongoReadDeadlineError, withReadDeadline } from '../mongo/read-deadline.js';
import { BriefCache } from './brief-cache.js';
import { scopeStore } from './scope-store.js';
import { jobScope } from './tenant-scope.js';

const KEY = platformKey('test', 'one');

describe('What is remembered for a moment', () => {
  let cache: BriefCache<typeof KEY, string>;
  let arrive: (value: string) => void;
  const read = () => new Promise<string>(resolve => (arrive = resolve));
  beforeEach(() => {
    jest.useFakeTimers();
    cache = new BriefCache(60_000, 10);
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is waited for by each reader within the deadline of its own operation', async () => {
    const first = withReadDeadline(() => cache.get(KEY, read)).catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(6000);
    const second = withReadDeadline(() => cache.get(KEY, read));
    await jest.advanceTimersByTimeAsync(4000);
    expect(await first).toBeInstanceOf(MongoReadDeadlineError);
    arrive('there');
    expect(await second).toBe('there');
  });

  it('is read with the deadline of none of them', async () => {
    const readings = async () => {
      await jest.advanceTimersByTimeAsync(20_000);
      return cache.get(platformKey('test', 'another'), () => Promise.resolve('there'));
    };
    await expect(withReadDeadline(() => cache.get(KEY, readings))).rejects.toThrow(MongoReadDeadlineError);
    expect(await cache.get(KEY, read)).toBe('there');
  });

  it('is bounded too when the server reads it as itself for an operation that waits', async () => {
    const asServer = () => scopeStore.runInScope(jobScope(null, 'authenticator'), read);
    const answer = withReadDeadline(() => cache.get(KEY, asServer)).catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(await answer).toBeInstanceOf(MongoReadDeadlineError);
  });

  it('is waited for as long as it takes by work of the server itself, whatever has set it off', async () => {
    const asServer = () => scopeStore.runInScope(jobScope(null, 'a job'), () => cache.get(KEY, read));
    const answer = withReadDeadline(asServer);
    await jest.advanceTimersByTimeAsync(60_000);
    arrive('there');
    expect(await answer).toBe('there');
  });
});
