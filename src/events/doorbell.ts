import { Injectable, Logger } from '@nestjs/common';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import type { Redis } from 'ioredis';
import type { ObjectId } from '../mongo/object-id.js';
import type { ChannelSubscriptions } from '../redis/channel-subscriptions.js';
import { RedisClients } from '../redis/redis-clients.js';
import { redisKey, type RedisPurpose } from '../redis/redis-keys.js';

/** Stops listening. */
export type StopListening = () => void;

/**
 * Tells all processes, by way of Redis, that a tenant has something new. A notification may get lost, as while Redis is
 * away or refuses it: those who listen must also look by themselves from time to time. What it carries is
 * never the truth, only a hint to read it.
 */
@Injectable()
export class Doorbell {
  private readonly logger = new Logger('Doorbell');
  private readonly pubSub: RedisPubSub;

  constructor(redis: RedisClients) {
    this.pubSub = new RedisPubSub({
      publisher: redis.commands,
      subscriber: subscriberOf(redis.channels),
    });
  }

  /** Notifies a tenant's listeners; returns at once and never throws. */
  ring(tenantId: ObjectId, purpose: RedisPurpose, message: object, ...rest: readonly string[]): void {
    this.pubSub.publish(redisKey(tenantId, purpose, ...rest), message).catch((error: unknown) => {
      this.logger.debug(`A notification was lost: ${(error as Error).message}`);
    });
  }

  /** Calls `onRing` for each notification until stopped. Survives outages and refusals of Redis; what comes meanwhile is lost. */
  listen(
    tenantId: ObjectId,
    purpose: RedisPurpose,
    onRing: (message: unknown) => void,
    ...rest: string[]
  ): StopListening {
    const safely = (message: unknown) => {
      try {
        onRing(message);
      } catch (error) {
        // Whatever stands in a channel, it must not end the process: it comes from outside.
        this.logger.warn(`A notification was not understood: ${(error as Error).message}`);
      }
    };
    const subscription = this.pubSub.subscribe<unknown>(redisKey(tenantId, purpose, ...rest), safely);
    return () => {
      subscription
        .then(id => {
          this.pubSub.unsubscribe(id);
        })
        .catch(() => undefined);
    };
  }
}

/**
 * What RedisPubSub takes for its connection. It drops the promises of the subscriptions that it makes, and one that Redis
 * refuses would end the process. So it only says which channels it wants, and is told at once that it has them:
 * {@link ChannelSubscriptions} sees to it.
 */
function subscriberOf(channels: ChannelSubscriptions): Redis {
  const facade = {
    on(event: string, listener: (channel: string, message: string) => void) {
      if (event === 'message') channels.onMessage(listener);
    },
    subscribe(channel: string, done: (error: Error | null) => void) {
      channels.add(channel);
      done(null);
    },
    unsubscribe(channel: string) {
      channels.remove(channel);
    },
    // Patterns are not used here; RedisPubSub ends both kinds together.
    punsubscribe: () => undefined,
  };
  return facade as unknown as Redis;
}
