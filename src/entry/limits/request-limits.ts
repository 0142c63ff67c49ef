import { Inject, Injectable } from '@nestjs/common';
import type { Connection } from 'mongoose';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { MONGO_CONNECTION } from '../../mongo/mongo.tokens.js';
import { RateCounter } from '../../redis/rate-counter.js';
import { RedisClients } from '../../redis/redis-clients.js';
import { addressKey, redisKey } from '../../redis/redis-keys.js';
import { addressGroup } from '../../tenancy/address-group.js';
import type { TenantScope } from '../../tenancy/tenant-scope.js';

/**
 * Bounds requests per minute, over all doors together: a tenant's by the limit that its operator gave it, those of
 * strangers by their address. A stranger who names a tenant counts for himself: he must not use up its limit.
 */
@Injectable()
export class RequestLimits {
  private readonly counter: RateCounter;

  constructor(
    redis: RedisClients,
    @Inject(MONGO_CONNECTION) private readonly connection: Connection,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {
    this.counter = new RateCounter(redis.commands, 60);
  }

  /**
   * Counts one request, or one operation of a socket.
   * @param tenantLimit the tenant's requests per minute; null where the request has no tenant.
   * @throws DomainError RATE_LIMITED with the seconds to wait.
   */
  async take({ tenant, viewer, origin }: TenantScope, tenantLimit: number | null): Promise<void> {
    if (tenant && tenantLimit !== null && viewer.kind !== 'anonymous') {
      await this.counter.take(redisKey(tenant.id, 'requests'), tenantLimit);
    } else {
      await this.takeFromAddress(origin.ip);
    }
  }

  /** Counts one request of somebody unknown, or not admitted. @throws DomainError RATE_LIMITED. */
  async takeFromAddress(ip: string | null): Promise<void> {
    const key = addressKey(this.connection.name, 'requests', addressGroup(ip ?? ''));
    await this.counter.take(key, this.settings.REQUESTS_PER_MINUTE);
  }
}
