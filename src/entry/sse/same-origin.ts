import type { IncomingHttpHeaders } from 'node:http';

/**
 * The headers of a GET as far as its sender is to be believed. A page of another site can make a browser send a GET
 * with cookies but cannot set headers: the cookies count only when the page is of this very host.
 */
export function withoutForeignCookies(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  if (isSameOrigin(headers)) return headers;
  const { cookie: _cookie, ...rest } = headers;
  return rest;
}

/** Browsers say where a request comes from; those that do not yet send an Origin whenever it is another's. */
function isSameOrigin(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin, host } = headers;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}
