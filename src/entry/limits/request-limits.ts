import { Inject, Injectable } from '@nestjs/common';
import type { Connection } from 'mongoose';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { MONGO_CONNECTION } from '../../mongo/mongo.tokens.js';
import { RedisClients } from '../../redis/redis-clients.js';
import { addressKey, redisKey } from '../../redis/redis-keys.js';
import { type BudgetLeft, type Share, WindowBudget } from '../../redis/window-budget.js';
import { addressGroup } from '../../tenancy/address-group.js';
import type { TenantScope } from '../../tenancy/tenant-scope.js';
import type { Viewer } from '../../tenancy/viewer.js';

const WINDOW_SECONDS = 60;
/** What one credential may use of its tenant's requests: one that has gone wild leaves its colleagues the rest. */
export const CREDENTIAL_SHARE = 0.8;
/** Cost that goes with each request of the limit: a page of twenty with ten fields each, on average. */
export const COST_PER_REQUEST = 200;

/** Who asks, and what it may send. */
export interface Allowance {
  readonly scope: TenantScope;
  /** The tenant's requests per minute; null where the request has no tenant. */
  readonly requestsPerMinute: number | null;
}

/**
 * Bounds requests per minute and what they cost, over all doors together: a tenant's by the limit that its operator gave
 * it, those of strangers by their address. A stranger who names a tenant counts for himself: he must not use up its limit.
 */
@Injectable()
export class RequestLimits {
  private readonly budget: WindowBudget;

  constructor(
    redis: RedisClients,
    @Inject(MONGO_CONNECTION) private readonly connection: Connection,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {
    this.budget = new WindowBudget(redis.commands, WINDOW_SECONDS);
  }

  /** Counts one request, or one operation of a socket. @throws DomainError RATE_LIMITED with the seconds to wait. */
  async take({ scope: { tenant, viewer, origin }, requestsPerMinute: limit }: Allowance): Promise<void> {
    if (!tenant || limit === null || viewer.kind === 'anonymous') return this.takeFromAddress(origin.ip);
    const shares: Share[] = [{ key: redisKey(tenant.id, 'requests'), limit, points: 1 }];
    const credential = credentialOf(viewer);
    if (credential !== null) {
      const own = Math.ceil(limit * CREDENTIAL_SHARE);
      shares.push({ key: redisKey(tenant.id, 'requests', credential), limit: own, points: 1 });
    }
    await this.budget.take(...shares);
  }

  /** Counts one request of somebody unknown, or not admitted. @throws DomainError RATE_LIMITED. */
  async takeFromAddress(ip: string | null): Promise<void> {
    const limit = this.settings.REQUESTS_PER_MINUTE;
    await this.budget.take({ key: this.addressKey('requests', ip), limit, points: 1 });
  }

  /** Counts what an operation costs. @throws DomainError RATE_LIMITED where no more than less is left. */
  async spend(
    { scope: { tenant, viewer, origin }, requestsPerMinute }: Allowance,
    cost: number,
  ): Promise<BudgetLeft> {
    const isOwn = tenant !== null && requestsPerMinute !== null && viewer.kind !== 'anonymous';
    const key = isOwn ? redisKey(tenant.id, 'cost') : this.addressKey('cost', origin.ip);
    const requests = isOwn ? requestsPerMinute : this.settings.REQUESTS_PER_MINUTE;
    const [left] = await this.budget.take({ key, limit: requests * COST_PER_REQUEST, points: cost });
    return left ?? { remaining: 0, resetSeconds: WINDOW_SECONDS };
  }

  private addressKey(purpose: 'requests' | 'cost', ip: string | null): string {
    return addressKey(this.connection.name, purpose, addressGroup(ip ?? ''));
  }
}

/** What a viewer came in with, as far as it is counted by itself. */
function credentialOf(viewer: Viewer): string | null {
  switch (viewer.kind) {
    case 'user':
      return viewer.sessionId.toHexString();
    case 'key':
      return viewer.keyId.toHexString();
    case 'system':
    case 'anonymous':
      return null;
  }
}
