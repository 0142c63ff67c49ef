import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Settings } from '../../src/config/settings.js';
import { CreationRate } from '../../src/modules/ultravox/creation-rate.js';
import { RedisClients } from '../../src/redis/redis-clients.js';
import { testEngines } from '../kit/engines.js';

const SETTINGS = {
  REDIS_URL: testEngines().redisUrl,
  PROVIDER_CREATIONS_PER_SECOND: 3,
  PROVIDER_CREATIONS_PER_MINUTE: 5,
} as Settings;

describe('The rate of creations', () => {
  let redis: RedisClients;
  let rate: CreationRate;

  beforeAll(async () => {
    redis = new RedisClients(SETTINGS);
    rate = new CreationRate(SETTINGS, redis);
    await new Promise(resolve => redis.commands.once('ready', resolve));
  });
  afterAll(() => {
    if (redis.isReady) redis.onApplicationShutdown();
  });

  const expectBound = async (account: string) => {
    const waits: number[] = [];
    for (let turn = 0; turn < 4; turn += 1) waits.push(await rate.take(account));
    expect(waits.slice(0, 3)).toEqual([0, 0, 0]);
    expect(waits[3]).toBeGreaterThan(0);
    expect(waits[3]).toBeLessThanOrEqual(1000);
    expect(await rate.take(`${account}-other`)).toBe(0);
    await new Promise(resolve => setTimeout(resolve, (waits[3] ?? 0) + 5));
    expect(await rate.take(account)).toBe(0);
    expect(await rate.take(account)).toBe(0);
    const minute = await rate.take(account);
    expect(minute).toBeGreaterThan(50_000);
    expect(minute).toBeLessThanOrEqual(60_000);
  };

  it('holds in every second and minute, for each account by itself', async () => {
    await expectBound(`account-${Math.random()}`);
  });

  it('holds in each process while Redis is away', async () => {
    redis.onApplicationShutdown();
    await expectBound('account');
  });
});
