import type { IncomingHttpHeaders } from 'node:http';
import type { Settings } from '../config/settings.js';
import { requestHost } from '../tenancy/request-host.js';

type OriginSettings = Pick<Settings, 'ALLOWED_ORIGINS' | 'PUBLIC_URL' | 'TRUSTED_PROXIES'>;

/** An Origin as RFC 6454 writes it. */
const ORIGIN = /^(https?):\/\/(\[[0-9a-f:.]+\]|[^\s/?#@:[\]]+?)\.?(?::(\d{1,5}))?$/i;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

/**
 * Whether an Origin is this very host, or one of ALLOWED_ORIGINS. Tenants are siblings on one domain, so anything looser
 * would let one tenant's page act in another's name. `null` (sandboxed pages, files) never is. A port that is the
 * scheme's own may be left out on either side, as may the root's dot.
 */
export function isOwnOrigin(headers: IncomingHttpHeaders, settings: OriginSettings): boolean {
  const { origin } = headers;
  if (origin === undefined) return false;
  if (settings.ALLOWED_ORIGINS.includes(origin)) return true;
  const host = requestHost(headers, settings.TRUSTED_PROXIES);
  const own = canonical(`${new URL(settings.PUBLIC_URL).protocol}//${host ?? ''}`);
  return own !== null && canonical(origin) === own;
}

/** An Origin in the one form of all that mean the same; null for what is none. */
function canonical(origin: string): string | null {
  const [, scheme, host, port] = ORIGIN.exec(origin.toLowerCase()) ?? [];
  if (scheme === undefined || host === undefined) return null;
  return `${scheme}://${host}:${port === undefined ? (DEFAULT_PORTS[scheme] ?? '') : Number(port)}`;
}

/**
 * Whether a request was made by a page that may use the session's cookies. Browsers send an Origin with everything but
 * plain GETs of the page's own host, and say of those where they come from.
 */
export function isFromOwnPage(headers: IncomingHttpHeaders, settings: OriginSettings): boolean {
  return headers.origin === undefined
    ? headers['sec-fetch-site'] === 'same-origin'
    : isOwnOrigin(headers, settings);
}
