import express, { type NextFunction, type Request, type Response } from 'express';
import { DomainError } from '../../errors/domain-error.js';
import { refuse } from './refuse.js';

/** The largest GraphQL request that is read. */
export const MAX_BODY_BYTES = 1_000_000;

const parse = express.json({ limit: MAX_BODY_BYTES, type: ['application/json', 'application/graphql+json'] });

/** Reads JSON bodies. One that is too large gets 413, one that is not JSON 400; both in GraphQL's shape. */
export function jsonBody(request: Request, response: Response, next: NextFunction): void {
  parse(request, response, (error?: unknown) => {
    if (error === undefined || error === null) {
      next();
      return;
    }
    const status = (error as { status?: number }).status ?? 400;
    const message =
      status === 413 ? `The request body is larger than ${MAX_BODY_BYTES} bytes.` : 'The request body is not valid JSON.';
    refuse(request, response, new DomainError('BAD_USER_INPUT', message), status);
  });
}
