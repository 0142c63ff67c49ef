import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { RateCounter } from '../../src/redis/rate-counter.js';
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
  const key = `a:${randomBytes(6).toString('hex')}:requests:x`;

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
});
