import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { fieldsOfGraphQLError, reasonOf } from './coercion-fields.js';
import { DomainError, outage } from './domain-error.js';
import { ERROR_CODES, type ErrorCode } from './error-codes.js';
import { isStoreOutage } from './store-outage.js';

/** Codes that GraphQL libraries give to requests that do not parse or validate. */
const CLIENT_FAULTS = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

/** The one fault that GraphQL's parser finds in documents that are too large, not wrong; "that" is its own word. */
const TOO_MANY_TOKENS = /contains more tha[nt] \d+ tokens/;

/** What went wrong, told from the error that was thrown. */
export function toDomainError(error: unknown): DomainError {
  const cause = rootOf(error);
  if (cause instanceof DomainError) return cause;
  if (error instanceof GraphQLError && cause instanceof GraphQLError && isClientFault(error)) {
    if (TOO_MANY_TOKENS.test(cause.message)) return new DomainError('QUERY_TOO_COMPLEX', cause.message);
    return new DomainError('BAD_USER_INPUT', reasonOf(error), fieldsOfGraphQLError(error));
  }
  return isStoreOutage(cause)
    ? outage(cause)
    : new DomainError('INTERNAL', ERROR_CODES.INTERNAL.meaning, {}, { cause });
}

/** The error as a client may see it: a stable code, the request's id, and nothing of the inside. */
export function toClientError(
  error: unknown,
  formatted: Pick<GraphQLFormattedError, 'locations' | 'path'>,
  requestId: string,
): GraphQLFormattedError {
  const { code, message, details } = toDomainError(error);
  return {
    message,
    ...(formatted.locations ? { locations: formatted.locations } : {}),
    ...(formatted.path ? { path: formatted.path } : {}),
    extensions: { code: code satisfies ErrorCode, requestId, ...details },
  };
}

function rootOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? rootOf(error.originalError) : error;
}

/** GraphQL's own errors are the client's fault as long as nothing has been executed: then there is no path yet. */
function isClientFault(error: GraphQLError): boolean {
  const { code } = error.extensions;
  return error.path === undefined && (typeof code !== 'string' || CLIENT_FAULTS.has(code));
}

/** Whether a store is away or overloaded: the same request, or the same work, may succeed in a moment. */
export function isOutage(error: unknown): boolean {
  return error instanceof DomainError ? error.code === 'UNAVAILABLE' : isStoreOutage(error);
}
