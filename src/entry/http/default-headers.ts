import type { NextFunction, Request, Response } from 'express';

const CHALLENGE = 'Bearer realm="voho"';

/**
 * What every answer says unless what makes it says otherwise: nothing is stored by caches, and a 401 names the credential
 * that is asked for (RFC 9110, section 15.5.2), with `invalid_token` where one was sent (RFC 6750, section 3).
 */
export function defaultHeaders(request: Request, response: Response, next: NextFunction): void {
  response.setHeader('Cache-Control', 'no-store');
  const writeHead = response.writeHead.bind(response) as (...given: unknown[]) => Response;
  response.writeHead = (...given: unknown[]) => {
    if (given[0] === 401 && !response.hasHeader('WWW-Authenticate'))
      response.setHeader('WWW-Authenticate', challengeTo(request));
    return writeHead(...given);
  };
  next();
}

const challengeTo = ({ headers }: Request): string =>
  headers.authorization === undefined && headers.cookie === undefined
    ? CHALLENGE
    : `${CHALLENGE}, error="invalid_token"`;
