import type { IncomingHttpHeaders } from 'node:http';
import type { Request } from 'express';
import type { SentOperation } from '../persisted/persisted-operations.js';
import { badInput, DomainError } from '../../errors/domain-error.js';

/** An operation as a client sends it. */
export interface StreamRequest extends SentOperation {
  readonly operationName: string | null;
  readonly variables: Record<string, unknown> | null;
}

/** Reads the operation of a GET's query string, or of a POST's JSON body. @throws DomainError BAD_USER_INPUT. */
export function readStreamRequest(request: Request): StreamRequest {
  const { query, documentId, extensions, operationName, variables } =
    request.method === 'GET' ? fromUrl(request) : fromBody(request);
  if (operationName != null && typeof operationName !== 'string')
    throw badInput({ operationName: 'must be a text' });
  if (variables != null && !isRecord(variables)) throw badInput({ variables: 'must be an object' });
  return {
    query,
    documentId,
    extensions,
    operationName: operationName === '' ? null : (operationName ?? null),
    variables: variables ?? null,
  };
}

/** The id of the last event that a client has had; undefined when it has had none. */
export function lastEventId(headers: IncomingHttpHeaders): string | undefined {
  const id = headers['last-event-id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

function fromUrl(request: Request): Record<string, unknown> {
  const parameters = new URL(`http://localhost${request.originalUrl}`).searchParams;
  const json = (name: string): unknown => {
    const text = parameters.get(name);
    try {
      return text === null || text === '' ? null : (JSON.parse(text) as unknown);
    } catch {
      throw badInput({ [name]: 'is not valid JSON' });
    }
  };
  return {
    query: parameters.get('query'),
    documentId: parameters.get('documentId'),
    extensions: json('extensions'),
    operationName: parameters.get('operationName'),
    variables: json('variables'),
  };
}

function fromBody(request: Request): Record<string, unknown> {
  const body: unknown = request.body;
  if (!isRecord(body)) throw new DomainError('BAD_USER_INPUT', 'The body must be a JSON object.');
  return body;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
