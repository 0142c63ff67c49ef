import type { ObjectId } from '../mongo/object-id.js';

/** What a tenant's Redis keys and channels are for. */
export type RedisPurpose = 'feed' | 'audit' | 'deltas' | 'sessions' | 'rate';

/** The one function that builds Redis keys and channels: the tenant always stands in them. */
export function redisKey(tenantId: ObjectId, purpose: RedisPurpose, ...rest: readonly string[]): string {
  return ['t', tenantId.toHexString(), purpose, ...rest].join(':');
}
