import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { addressKey } from '../../src/redis/redis-keys.js';
import { RateCounter } from '../../src/redis/rate-counter.js';
import { WindowBudget } from '../../src/redis/window-budget.js';
import { testEngines } from '../kit/engines.js';

const options = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  lazyConnect: true,
  retryStrategy: () => null,
};
const ANY_LIMIT = { code: 'RATE_LIMITED', details: { retryAfterSeconds: expect.any(Number) } };

describe('Counts', () => {
  const redis = new Redis(testEngines().redisUrl, options);
  // Port 9 discards, where anything listens on it at all.
  const away = new Redis('redis://127.0.0.1:9', options);
  away.on('error', () => undefined);
  const database = randomBytes(6).toString('hex');
  const key = addressKey(database, 'requests', 'x');

  afterAll(() => {
    redis.disconnect();
    away.disconnect();
  });

  it('are shared by all processes through Redis, and can be taken back', async () => {
    await redis.connect();
    const [one, two] = [new RateCounter(redis, 60), new RateCounter(redis, 60)];
    await one.take(key, 2);
    await two.take(key, 2);
    await expect(one.take(key, 2)).rejects.toMatchObject(ANY_LIMIT);
    await one.giveBack(key);
    await two.giveBack(key);
    await two.take(key, 2);
    expect(await redis.ttl(key)).toBeGreaterThan(0);
  });

  it('go on in each process by itself while Redis is away', async () => {
    const [one, two] = [new RateCounter(away, 60), new RateCounter(away, 60)];
    await one.take(key, 1);
    await expect(one.take(key, 1)).rejects.toMatchObject(ANY_LIMIT);
    await two.take(key, 1);
    await two.giveBack(key);
  });

  describe('of budgets', () => {
    const share = (points: number, limit = 10) => ({
      key: addressKey(database, 'budget', 'x'),
      limit,
      points,
    });

    it('are exact in one process, whatever arrives at once, and what is refused does not count', async () => {
      const budget = new WindowBudget(redis, 60);
      const taken = await Promise.allSettled(Array.from({ length: 20 }, () => budget.take(share(1))));
      expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
      await expect(budget.take(share(1))).rejects.toMatchObject(ANY_LIMIT);
      expect(await budget.take(share(1, 11))).toEqual([{ remaining: 0, resetSeconds: expect.any(Number) }]);
    });

    it('are taken together or not at all', async () => {
      const budget = new WindowBudget(redis, 60);
      const other = { key: addressKey(database, 'other', 'x'), limit: 5, points: 1 };
      await expect(budget.take(other, share(100))).rejects.toMatchObject(ANY_LIMIT);
      expect(await budget.take(other)).toMatchObject([{ remaining: 4 }]);
    });

    it('become known to other processes within moments', async () => {
      const [one, two] = [new WindowBudget(redis, 60), new WindowBudget(redis, 60)];
      const shared = { key: addressKey(database, 'shared', 'x'), limit: 100, points: 30 };
      await two.take({ ...shared, points: 1 });
      await one.take(shared);
      let remaining = 100;
      for (const deadline = Date.now() + 20_000; remaining > 60 && Date.now() < deadline;) {
        await new Promise(resolve => setTimeout(resolve, 50));
        remaining = (await two.take({ ...shared, points: 1 }))[0]?.remaining ?? 0;
      }
      expect(remaining).toBeLessThanOrEqual(69);
    });

    it('go on in each process by itself while Redis is away', async () => {
      const budget = new WindowBudget(away, 60);
      await budget.take(share(10));
      await expect(budget.take(share(1))).rejects.toMatchObject(ANY_LIMIT);
    });
  });
});
