import type { Redis } from 'ioredis';

/** What is not supported, and what it would do. */
export type UnsupportedMode = 'cluster' | 'sentinel';

/**
 * Finds out whether the address leads to a Redis that is not supported: a node of a Redis Cluster, which answers for a
 * part of the keys alone, or a Sentinel, which keeps none. Asks in more than one way, since a
 * user's rights may leave out any of them.
 * @returns null for a Redis that stands alone or has replicas, and also where it does not tell.
 */
export async function unsupportedModeOf(redis: Redis): Promise<UnsupportedMode | null> {
  const told = await redis.info().catch(() => '');
  if (/^redis_mode:sentinel\b/m.test(told)) return 'sentinel';
  if (/^(cluster_enabled:1|redis_mode:cluster)\b/m.test(told)) return 'cluster';
  if (/^cluster_enabled:0\b/m.test(told)) return null;
  const greeting = await redis.call('HELLO').catch(() => null);
  const mode = /"mode",?:?"(cluster|sentinel)"/.exec(JSON.stringify(greeting))?.[1];
  if (mode === 'cluster' || mode === 'sentinel') return mode;
  // Where it is a cluster this answers by its state; where it is none, with an error.
  const cluster = await redis.cluster('INFO').catch(() => '');
  return /^cluster_state:/m.test(cluster) ? 'cluster' : null;
}
