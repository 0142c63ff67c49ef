import type { IncomingHttpHeaders } from 'node:http';
import { isOwnOrigin } from '../../auth/own-origin.js';
import type { Settings } from '../../config/settings.js';

/** Whether somebody may connect: a browser page of this very host or of ALLOWED_ORIGINS, or a program, which sends no Origin. */
export function isAllowedOrigin(headers: IncomingHttpHeaders, settings: Settings): boolean {
  return headers.origin === undefined || isOwnOrigin(headers, settings);
}
