import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { SETTINGS, type Settings } from '../config/settings.js';

/**
 * Connections to Redis, which is doorbell, cache and counters: it may be away or come back empty at any moment.
 * Commands fail at once while it is away; subscriptions are taken up again by themselves when it returns.
 */
@Injectable()
export class RedisClients implements OnApplicationShutdown {
  readonly commands: Redis;
  readonly subscriber: Redis;
  private readonly logger = new Logger('Redis');

  constructor(@Inject(SETTINGS) settings: Settings) {
    this.commands = new Redis(settings.REDIS_URL, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: 2000,
      connectTimeout: 5000,
      retryStrategy,
    });
    this.subscriber = new Redis(settings.REDIS_URL, {
      maxRetriesPerRequest: null,
      connectTimeout: 5000,
      retryStrategy,
    });
    for (const client of [this.commands, this.subscriber]) this.reportOutages(client);
  }

  /** Whether Redis answers right now. */
  get isReady(): boolean {
    return this.commands.status === 'ready';
  }

  onApplicationShutdown(): void {
    this.commands.disconnect();
    this.subscriber.disconnect();
  }

  private reportOutages(client: Redis): void {
    let isAway = false;
    client.on('error', (error: Error) => {
      if (!isAway)
        this.logger.warn(`Redis is away, live events arrive later until it returns: ${error.message}`);
      isAway = true;
    });
    client.on('ready', () => {
      if (isAway) this.logger.log('Redis is back');
      isAway = false;
    });
  }
}

const retryStrategy = (attempt: number): number => Math.min(100 * attempt, 1000);
