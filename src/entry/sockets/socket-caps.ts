import { platformKey, type StoreKey, tenantKey } from '../../ids/tenant-key.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { ConcurrencyCaps } from '../../repeat/concurrency-caps.js';
import { addressGroup } from '../../tenancy/address-group.js';

/** Operations that may run on one socket at a time. */
export const MAX_OPERATIONS_PER_SOCKET = 100;
/** And those that their client has completed but that have not ended yet, together with the others. */
export const MAX_UNENDED_PER_SOCKET = 2 * MAX_OPERATIONS_PER_SOCKET;
/** Sockets of one tenant's signed-in people, in one server process. */
export const MAX_SOCKETS_PER_TENANT = 1000;
/** Sockets of one address that nobody has signed in on (yet), in one server process. */
export const MAX_STRANGERS_PER_ADDRESS = 200;

/** Counts the open sockets, or streams, of each tenant, and of each address of anonymous clients. */
export class SocketCaps {
  private readonly caps = new ConcurrencyCaps<StoreKey>();

  /** Counts one more of a tenant's, and returns how to count it out again; null when the tenant has too many. */
  enterTenant(tenantId: ObjectId): (() => void) | null {
    return this.caps.enter(tenantKey(tenantId), MAX_SOCKETS_PER_TENANT);
  }

  /** Counts one more of an anonymous client, for its IPv4 address or its /64 network of IPv6. */
  enterAddress(ip: string | null): (() => void) | null {
    return this.caps.enter(platformKey('address', addressGroup(ip ?? '')), MAX_STRANGERS_PER_ADDRESS);
  }
}
