import { GraphQLError } from 'graphql';
import type { IncomingHttpHeaders } from 'node:http';
import { toDomainError } from '../../errors/client-error.js';
import { ERROR_CODES } from '../../errors/error-codes.js';
import { prefersGraphqlResponse } from '../http/media-types.js';

/**
 * The error of an operation that was refused before its execution, with its HTTP status: the code's own, but 200 for
 * clients that ask for plain application/json and sent nothing wrong, as GraphQL over HTTP wants it.
 */
export function refusedOperation(refusal: unknown, headers: IncomingHttpHeaders | undefined): GraphQLError {
  const { code, message } = toDomainError(refusal);
  const { httpStatus } = ERROR_CODES[code];
  const status = (headers && prefersGraphqlResponse(headers)) || httpStatus === 400 ? httpStatus : 200;
  return new GraphQLError(message, {
    originalError: refusal instanceof GraphQLError ? toDomainError(refusal) : (refusal as Error),
    extensions: { code, http: { status } },
  });
}
