import express, { type NextFunction, type Request, type Response } from 'express';
import { DomainError } from '../../errors/domain-error.js';
import { notesOf } from './http-request.js';
import { refuse } from './refuse.js';

/** The largest GraphQL request that is read. */
export const MAX_BODY_BYTES = 1_000_000;

const parse = express.json({
  limit: MAX_BODY_BYTES,
  type: ['application/json', 'application/graphql+json'],
});

/** Reads JSON bodies. One that is too large gets 413, one that is not JSON 400; both in GraphQL's shape. */
export function jsonBody(request: Request, response: Response, next: NextFunction): void {
  parse(request, response, (error?: unknown) => {
    if (error === undefined || error === null) {
      next();
      return;
    }
    const status = (error as { status?: number }).status ?? 400;
    notesOf(request).errorCodes = ['BAD_USER_INPUT'];
    refuse(request, response, new DomainError('BAD_USER_INPUT', messageOf(status)), status);
  });
}

function messageOf(status: number): string {
  switch (status) {
    case 413:
      return `The request body is larger than ${MAX_BODY_BYTES} bytes.`;
    case 415:
      return 'The request body has an encoding or a character set that is not read here.';
    default:
      return 'The request body is not valid JSON.';
  }
}
