import type { IncomingHttpHeaders } from 'node:http';
import type { Settings } from '../config/settings.js';
import { requestHost } from '../tenancy/request-host.js';

type OriginSettings = Pick<Settings, 'ALLOWED_ORIGINS' | 'PUBLIC_URL' | 'TRUSTED_PROXIES'>;

/**
 * Whether an Origin is this very host, or one of ALLOWED_ORIGINS, to the letter. Tenants are siblings on one domain, so
 * anything looser would let one tenant's page act in another's name. `null` (sandboxed pages, files) never is.
 */
export function isOwnOrigin(headers: IncomingHttpHeaders, settings: OriginSettings): boolean {
  const { origin } = headers;
  if (origin === undefined) return false;
  const host = requestHost(headers, settings.TRUSTED_PROXIES);
  const scheme = new URL(settings.PUBLIC_URL).protocol;
  return origin === `${scheme}//${host ?? ''}` || settings.ALLOWED_ORIGINS.includes(origin);
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
