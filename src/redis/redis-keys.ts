import type { PlatformKey, TenantKey } from '../ids/tenant-key.js';
import type { ObjectId } from '../mongo/object-id.js';

/** What a tenant's Redis keys and channels are for. */
export type RedisPurpose = 'feed' | 'audit' | 'deltas' | 'queue' | 'requests' | 'cost' | 'attempts' | 'heads';

/** The one function that builds Redis keys and channels: the tenant always stands in them. */
export function redisKey(tenantId: ObjectId, purpose: RedisPurpose, ...rest: readonly string[]): TenantKey {
  return (tenantPrefix(tenantId) + [purpose, ...rest].join(':')) as TenantKey;
}

/** What every key of a tenant begins with. */
export function tenantPrefix(tenantId: ObjectId): string {
  return `t:${tenantId.toHexString()}:`;
}

/**
 * The key of something counted for an address, which belongs to no tenant. Holds the name of the database, since one
 * Redis may serve several servers that have nothing to do with each other.
 */
export function addressKey(database: string, purpose: string, address: string): PlatformKey {
  return ['a', database, purpose, address].join(':') as PlatformKey;
}
