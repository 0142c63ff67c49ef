import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import type { Settings } from '../../config/settings.js';

/** Whether somebody may read the metrics; `hidden` pretends that there are none. */
export type MetricsAccess = 'open' | 'unauthenticated' | 'hidden';

/**
 * Decides who may read the metrics: with METRICS_TOKEN set, whoever sends it; without one nobody in production,
 * and elsewhere only this machine.
 * @param addresses where the request came from, as the socket and as trusted proxies tell it: all must be local.
 */
export function metricsAccess(
  { METRICS_TOKEN: token, isProduction }: Pick<Settings, 'METRICS_TOKEN' | 'isProduction'>,
  { headers }: Pick<IncomingMessage, 'headers'>,
  addresses: readonly (string | undefined)[],
): MetricsAccess {
  if (token !== undefined) {
    return isSame(headers.authorization ?? '', `Bearer ${token}`) ? 'open' : 'unauthenticated';
  }
  return !isProduction && addresses.every(isLoopback) ? 'open' : 'hidden';
}

/** Compares hashes, so that the time taken tells nothing about the token, its length included. */
function isSame(given: string, expected: string): boolean {
  const [a, b] = [given, expected].map(text => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
}
