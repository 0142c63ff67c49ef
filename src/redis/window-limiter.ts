import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';

/** The limiter's own bound is never reached: each key's limit is told when it is used. */
const UNREACHABLE = 1_000_000_000;

/**
 * What counts per key in windows that begin with the key's first count: in Redis for all processes together; while Redis is
 * away each process counts for itself, from nothing.
 */
export function windowLimiter(redis: Redis, windowSeconds: number): RateLimiterRedis {
  const options = { points: UNREACHABLE, duration: windowSeconds, keyPrefix: '' };
  return new RateLimiterRedis({
    ...options,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory(options),
  });
}
