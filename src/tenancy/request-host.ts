import type { IncomingHttpHeaders } from 'node:http';

/**
 * The host that a request was sent to, with its port, in lower case: the raw Host, or what the farthest trusted proxy
 * wrote into X-Forwarded-Host, where there is one. Without trusted proxies anybody could have written that.
 */
export function requestHost(headers: IncomingHttpHeaders, trustedProxies: number): string | undefined {
  const forwarded = [headers['x-forwarded-host'] ?? []]
    .flat()
    .join(',')
    .split(',')
    .map(host => host.trim())
    .filter(host => host !== '');
  const host = trustedProxies > 0 ? (forwarded.at(-trustedProxies) ?? forwarded[0]) : undefined;
  return (host ?? headers.host)?.toLowerCase();
}
