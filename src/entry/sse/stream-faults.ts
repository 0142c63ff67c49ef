import type { Request } from 'express';
import Negotiator from 'negotiator';
import type { Settings } from '../../config/settings.js';
import { DomainError } from '../../errors/domain-error.js';
import { isAllowedOrigin } from '../sockets/allowed-origin.js';

const EVENT_STREAM = 'text/event-stream';

/** Why a request for a stream is refused before its sender is looked at. */
export interface StreamFault {
  readonly status: number;
  readonly error: DomainError;
}

/** What is wrong with the form of a request for a stream; null when nothing is. */
export function streamFault(request: Request, settings: Settings): StreamFault | null {
  const bad = (status: number, message: string): StreamFault => ({
    status,
    error: new DomainError('BAD_USER_INPUT', message),
  });
  const { method, headers } = request;
  if (method !== 'GET' && method !== 'POST') return bad(405, 'Send GET or POST.');
  if (!isAllowedOrigin(headers, settings))
    return { status: 403, error: new DomainError('FORBIDDEN', 'This origin may not connect.') };
  // A page can make a browser send other GETs than an EventSource does, but not with this header.
  if (method === 'GET' ? !namesEventStream(request) : !acceptsEventStream(request))
    return bad(406, 'Accept text/event-stream.');
  return null;
}

/** Whether `Accept`, a weighted list, has event streams by their name. */
function namesEventStream(request: Request): boolean {
  return new Negotiator(request).mediaTypes().some(type => type.toLowerCase() === EVENT_STREAM);
}

/** Whether `Accept` allows event streams, by name or by a wildcard. */
function acceptsEventStream(request: Request): boolean {
  return namesEventStream(request) || new Negotiator(request).mediaType([EVENT_STREAM]) !== undefined;
}
