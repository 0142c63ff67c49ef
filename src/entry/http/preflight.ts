import type { NextFunction, Request, Response } from 'express';
import { DomainError } from '../../errors/domain-error.js';
import type { Metrics } from '../../telemetry/metrics.js';
import { notesOf } from './http-request.js';
import { refuse } from './refuse.js';

/** Headers that make a browser ask first before it sends another page's request; one of them is enough. */
export const PREFLIGHT_HEADERS = ['x-apollo-operation-name', 'apollo-require-preflight'];

/**
 * Refuses what a page of another site could make a browser send without asking first. Apollo Server does so too; its
 * message is too long to be repeated whole.
 */
export function preflight({ errors }: Metrics) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const { method, headers } = request;
    // A content type that is none of JSON's has been refused before.
    const isAskedFor = headers['content-type'] !== undefined || PREFLIGHT_HEADERS.some(name => headers[name]);
    if (method !== 'GET' || isAskedFor) return next();
    const refusal = new DomainError(
      'BAD_USER_INPUT',
      'A GET needs a header that makes browsers ask first: send Apollo-Require-Preflight: true.',
    );
    notesOf(request).errorCodes = [refusal.code];
    errors.inc({ code: refusal.code });
    refuse(request, response, refusal, 400);
  };
}
