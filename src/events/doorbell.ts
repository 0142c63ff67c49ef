import { Injectable, Logger } from '@nestjs/common';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import type { ObjectId } from '../mongo/object-id.js';
import { RedisClients } from '../redis/redis-clients.js';
import { redisKey, type RedisPurpose } from '../redis/redis-keys.js';

/** Stops listening. */
export type StopListening = () => void;

/**
 * Tells all processes, by way of Redis, that a tenant has something new. A ring may get lost: whoever listens
 * must also look by himself from time to time. What rings carry is never the truth, only a hint to read it.
 */
@Injectable()
export class Doorbell {
  private readonly logger = new Logger('Doorbell');
  private readonly pubSub: RedisPubSub;

  constructor(redis: RedisClients) {
    const { subscriber } = redis;
    // RedisPubSub drops these promises; one that fails while Redis is away must not end the process.
    const unsubscribe = subscriber.unsubscribe.bind(subscriber);
    subscriber.unsubscribe = ((channel: string) => unsubscribe(channel).catch(() => 0)) as typeof unsubscribe;
    const punsubscribe = subscriber.punsubscribe.bind(subscriber);
    subscriber.punsubscribe = ((channel: string) =>
      punsubscribe(channel).catch(() => 0)) as typeof punsubscribe;
    this.pubSub = new RedisPubSub({ publisher: redis.commands, subscriber });
  }

  /** Rings for a tenant; returns at once and never throws. */
  ring(tenantId: ObjectId, purpose: RedisPurpose, message: object, ...rest: readonly string[]): void {
    this.pubSub.publish(redisKey(tenantId, purpose, ...rest), message).catch((error: unknown) => {
      this.logger.debug(`A ring was lost: ${(error as Error).message}`);
    });
  }

  /** Calls `onRing` for each ring until stopped. Survives outages of Redis; rings meanwhile are lost. */
  listen(
    tenantId: ObjectId,
    purpose: RedisPurpose,
    onRing: (message: unknown) => void,
    ...rest: string[]
  ): StopListening {
    const subscription = this.pubSub.subscribe<unknown>(redisKey(tenantId, purpose, ...rest), onRing);
    subscription.catch((error: unknown) => {
      this.logger.warn(`Could not listen, falling back to looking: ${(error as Error).message}`);
    });
    return () => {
      subscription
        .then(id => {
          this.pubSub.unsubscribe(id);
        })
        .catch(() => undefined);
    };
  }
}
