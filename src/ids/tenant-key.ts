import type { ObjectId } from '../mongo/object-id.js';

declare const tenantBrand: unique symbol;
declare const platformBrand: unique symbol;

/**
 * The key of something that belongs to one tenant, in a cache, a batch, a join or a counter. Only {@link tenantKey} and
 * `redisKey` make one, so a key of this type always holds its tenant.
 */
export type TenantKey = string & { readonly [tenantBrand]: true };

/** The key of something that belongs to no tenant, such as a counter per address. Only {@link platformKey} and `addressKey` make one. */
export type PlatformKey = string & { readonly [platformBrand]: true };

/** A key of a store that several tenants share. */
export type StoreKey = TenantKey | PlatformKey;

/**
 * Builds the key of a tenant's value. Different parts give different keys, whatever characters they hold.
 * @param parts all that decides the value beside the tenant.
 * @example cache.get(tenantKey(tenant.id, 'session', sessionId.toHexString()), read)
 */
export function tenantKey(tenantId: ObjectId, ...parts: readonly string[]): TenantKey {
  return JSON.stringify([tenantId.toHexString(), ...parts]) as TenantKey;
}

/** Builds the key of a value that is the same for all tenants. It never equals a {@link tenantKey}. */
export function platformKey(purpose: string, ...parts: readonly string[]): PlatformKey {
  return JSON.stringify([null, purpose, ...parts]) as PlatformKey;
}
