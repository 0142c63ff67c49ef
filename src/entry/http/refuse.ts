import type { Request, Response } from 'express';
import { toClientError, toDomainError } from '../../errors/client-error.js';
import { FloodError } from '../limits/late-refusals.js';
import { notesOf } from './http-request.js';
import { answerType } from './media-types.js';

/** Answers a request that never got as far as GraphQL, in GraphQL's own shape; the line of a flood is cut instead. */
export function refuse(request: Request, response: Response, error: unknown, httpStatus: number): void {
  if (error instanceof FloodError) {
    request.destroy();
    return;
  }
  const { requestId } = notesOf(request);
  const { retryAfterSeconds } = toDomainError(error).details;
  if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', retryAfterSeconds);
  response
    .status(httpStatus)
    .type(answerType(request.headers))
    .json({ errors: [toClientError(error, {}, requestId)] });
}
