import type { IncomingHttpHeaders } from 'node:http';
import type { Settings } from '../../config/settings.js';

/**
 * Whether a browser page may connect: one of this very host, of PUBLIC_URL, or of ALLOWED_ORIGINS. Programs send
 * no Origin. `null` (sandboxed pages, files) is never allowed.
 */
export function isAllowedOrigin(headers: IncomingHttpHeaders, settings: Settings): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  return (
    new URL(origin).host === host ||
    origin === new URL(settings.PUBLIC_URL).origin ||
    settings.ALLOWED_ORIGINS.includes(origin)
  );
}
