import type { NextFunction, Request, Response } from 'express';

/** What answers may do that are no page: nothing. The playground's page has a policy of its own. */
const NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const ONE_YEAR = 31_536_000;

/**
 * Tells browsers what no answer of this server is meant for: to be framed, run, guessed at, or told of to other sites.
 * @param isSecure whether clients reach the server by https: then browsers are to stay with it.
 */
export function securityHeaders(isSecure: boolean) {
  return (_request: Request, response: Response, next: NextFunction): void => {
    response.setHeader('Content-Security-Policy', NOTHING);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
    if (isSecure) response.setHeader('Strict-Transport-Security', `max-age=${ONE_YEAR}; includeSubDomains`);
    next();
  };
}
