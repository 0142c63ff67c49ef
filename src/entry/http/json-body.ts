import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { MIMEType } from 'node:util';
import express, { type NextFunction, type Request, type Response } from 'express';
import { DomainError } from '../../errors/domain-error.js';
import type { Metrics } from '../../telemetry/metrics.js';
import { notesOf } from './http-request.js';
import { faultOfJson } from '../../validation/json-size.js';
import { refuse } from './refuse.js';

/** The largest GraphQL request that is read. */
export const MAX_BODY_BYTES = 1_000_000;

const JSON_TYPES = ['application/json', 'application/graphql+json'];

/** A body that is not parsed, with a sentence that says why. */
class RefusedBodyError extends Error {
  readonly status = 400;
}

const parse = express.json({
  limit: MAX_BODY_BYTES,
  type: JSON_TYPES,
  verify: (_request, _response, body) => {
    // It would be stored as another text than was sent.
    if (!isUtf8(body)) throw new RefusedBodyError('The request body is not valid UTF-8.');
    const fault = faultOfJson(body);
    if (fault !== null) throw new RefusedBodyError(`The request body ${fault}.`);
  },
});

/**
 * Reads JSON bodies, which are UTF-8 (RFC 8259). Another type or character set gets 415, a body that is announced or found
 * to be too large 413, and one that is not JSON 400; all in GraphQL's shape, and counted. The same holds for a GET
 * that claims to have a body, and for text in its address.
 */
export function jsonBody({ errors }: Metrics) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const refuseRequest = (status: number, message = messageOf(status)) => {
      const refusal = new DomainError('BAD_USER_INPUT', message);
      notesOf(request).errorCodes = [refusal.code];
      errors.inc({ code: refusal.code });
      refuse(request, response, refusal, status);
    };
    const { method, headers } = request;
    const hasType = headers['content-type'] !== undefined;
    if (hasType || method === 'POST') {
      const fault = typeFault(headers);
      if (fault !== null) return refuseRequest(415, fault);
    }
    if (!isReadable(request.originalUrl)) return refuseRequest(400, 'The address is not valid UTF-8.');
    // The parser would read on to its end first.
    if (Number(headers['content-length']) > MAX_BODY_BYTES) return refuseRequest(413);
    parse(request, response, (error?: unknown) => {
      if (error === undefined || error === null) return next();
      const { status = 400 } = error as { status?: number };
      refuseRequest(status, error instanceof RefusedBodyError ? error.message : undefined);
    });
  };
}

/** What is wrong with the type of a body; null when it is read here. */
function typeFault({ 'content-type': sent }: IncomingHttpHeaders): string | null {
  if (sent === undefined) return 'The Content-Type is missing: send application/json.';
  const type = mediaType(sent);
  if (!type || !JSON_TYPES.includes(type.essence))
    return 'The Content-Type is not read here: send application/json.';
  const charset = type.params.get('charset');
  if (charset === null || charset.toLowerCase() === 'utf-8') return null;
  return 'The character set is not read here: JSON is UTF-8.';
}

function mediaType(text: string): MIMEType | null {
  try {
    return new MIMEType(text);
  } catch {
    return null;
  }
}

/** Whether an address says the same text to everything that reads it: ASCII, whose escapes are UTF-8. */
function isReadable(url: string): boolean {
  if (!/^[\x21-\x7e]*$/.test(url)) return false;
  const escapes = url.match(/(?:%[0-9a-f]{2})+/gi) ?? [];
  return escapes.every(escape => isUtf8(Buffer.from(escape.replaceAll('%', ''), 'hex')));
}

function messageOf(status: number): string {
  switch (status) {
    case 413:
      return `The request body is larger than ${MAX_BODY_BYTES} bytes.`;
    case 415:
      return 'The request body has an encoding that is not read here.';
    default:
      return 'The request body is not valid JSON.';
  }
}
