import type { IncomingHttpHeaders } from 'node:http';
import type { Request } from 'express';
import { badInput, DomainError } from '../../errors/domain-error.js';

/** An operation as a client sends it. */
export interface StreamRequest {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Record<string, unknown> | null;
}

/** Reads the operation of a GET's query string, or of a POST's JSON body. @throws DomainError BAD_USER_INPUT. */
export function readStreamRequest(request: Request): StreamRequest {
  const { query, operationName, variables } = request.method === 'GET' ? fromUrl(request) : fromBody(request);
  if (typeof query !== 'string') throw badInput({ query: 'must be a text' });
  if (operationName != null && typeof operationName !== 'string')
    throw badInput({ operationName: 'must be a text' });
  if (variables != null && !isRecord(variables)) throw badInput({ variables: 'must be an object' });
  return { query, operationName: operationName ?? null, variables: variables ?? null };
}

/** The id of the last event that a client has had; undefined when it has had none. */
export function lastEventId(headers: IncomingHttpHeaders): string | undefined {
  const id = headers['last-event-id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

function fromUrl(request: Request): Record<string, unknown> {
  const parameters = new URL(request.originalUrl, 'http://localhost').searchParams;
  const variables = parameters.get('variables');
  try {
    return {
      query: parameters.get('query'),
      operationName: parameters.get('operationName'),
      variables: variables ? (JSON.parse(variables) as unknown) : null,
    };
  } catch {
    throw badInput({ variables: 'is not valid JSON' });
  }
}

function fromBody(request: Request): Record<string, unknown> {
  const body: unknown = request.body;
  if (!isRecord(body)) throw new DomainError('BAD_USER_INPUT', 'The body must be a JSON object.');
  return body;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
