import { Inject, Injectable } from '@nestjs/common';
import { RateLimiterMemory, RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { RedisClients } from '../../redis/redis-clients.js';

/** Keeps the creations of all processes below the rate of each of the provider's accounts. Without Redis each process counts alone. */
@Injectable()
export class CreationRate {
  private readonly limiter: RateLimiterRedis;

  constructor(@Inject(SETTINGS) settings: Settings, redis: RedisClients) {
    const limit = { points: settings.PROVIDER_CREATIONS_PER_SECOND, duration: 1 };
    this.limiter = new RateLimiterRedis({
      ...limit,
      storeClient: redis.commands,
      keyPrefix: 'provider',
      insuranceLimiter: new RateLimiterMemory(limit),
    });
  }

  /** Takes one creation of an account; 0 when it may go on now, else how many milliseconds to wait. */
  async take(account: string): Promise<number> {
    try {
      await this.limiter.consume(account);
      return 0;
    } catch (refusal) {
      return Math.max((refusal as RateLimiterRes).msBeforeNext, 50);
    }
  }
}
