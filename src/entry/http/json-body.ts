import express, { type NextFunction, type Request, type Response } from 'express';
import { DomainError } from '../../errors/domain-error.js';
import type { Metrics } from '../../telemetry/metrics.js';
import { notesOf } from './http-request.js';
import { refuse } from './refuse.js';

/** The largest GraphQL request that is read. */
export const MAX_BODY_BYTES = 1_000_000;

const JSON_TYPES = ['application/json', 'application/graphql+json'];
const parse = express.json({ limit: MAX_BODY_BYTES, type: JSON_TYPES });

/**
 * Reads JSON bodies. One that is announced or found to be too large gets 413, one that is not JSON 400, and a GET that
 * claims to have one of another type 415; all in GraphQL's shape, and counted.
 */
export function jsonBody({ errors }: Metrics) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const refuseBody = (status: number) => {
      const refusal = new DomainError('BAD_USER_INPUT', messageOf(status));
      notesOf(request).errorCodes = [refusal.code];
      errors.inc({ code: refusal.code });
      refuse(request, response, refusal, status);
    };
    const type = request.headers['content-type'];
    if (request.method === 'GET' && type !== undefined && !JSON_TYPES.includes(mediaTypeOf(type))) {
      refuseBody(415);
      return;
    }
    // The parser would read on to its end first.
    if (Number(request.headers['content-length']) > MAX_BODY_BYTES) {
      refuseBody(413);
      return;
    }
    parse(request, response, (error?: unknown) => {
      if (error === undefined || error === null) next();
      else refuseBody((error as { status?: number }).status ?? 400);
    });
  };
}

const mediaTypeOf = (type: string) => type.replace(/;.*/, '').trim().toLowerCase();

function messageOf(status: number): string {
  switch (status) {
    case 413:
      return `The request body is larger than ${MAX_BODY_BYTES} bytes.`;
    case 415:
      return 'The request body has a type, an encoding or a character set that is not read here.';
    default:
      return 'The request body is not valid JSON.';
  }
}
