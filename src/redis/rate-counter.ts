import type { Redis } from 'ioredis';
import type { RateLimiterRedis } from 'rate-limiter-flexible';
import type { StoreKey } from '../ids/tenant-key.js';
import { DomainError } from '../errors/domain-error.js';
import { windowLimiter } from './window-limiter.js';

/**
 * Counts per key in windows that begin with the key's first count. The counts are in Redis, shared by all processes;
 * while Redis is away each process counts for itself, so a limit then holds per process.
 */
export class RateCounter {
  private readonly limiter: RateLimiterRedis;

  constructor(redis: Redis, windowSeconds: number) {
    this.limiter = windowLimiter(redis, windowSeconds);
  }

  /** Counts one, and returns how many there are in the window. @throws DomainError RATE_LIMITED with the seconds to wait, beyond `limit` in a window. */
  async take(key: StoreKey, limit: number): Promise<number> {
    const { consumedPoints, msBeforeNext } = await this.limiter.consume(key);
    if (consumedPoints <= limit) return consumedPoints;
    throw new DomainError('RATE_LIMITED', undefined, {
      retryAfterSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)),
    });
  }

  /** Takes back one that was counted. */
  async giveBack(key: StoreKey): Promise<void> {
    await this.limiter.reward(key);
  }
}
