import { execute, type ExecutionArgs, type ExecutionResult, getOperationAST, GraphQLError } from 'graphql';
import { isOfRootField, measureAnswer } from './answer-bounds.js';

/** An answer that may be sent, with the bytes that its execution has made. */
export interface BoundedAnswer {
  readonly result: ExecutionResult;
  readonly bytes: number;
}

/**
 * Executes an operation, or one event of a subscription, whose answer is bounded by itself. Every door that executes
 * for itself calls this instead of GraphQL's own `execute`.
 * @returns the answer, or the error QUERY_TOO_COMPLEX in its place where it is too large.
 */
export async function executeBounded(args: ExecutionArgs): Promise<BoundedAnswer> {
  const context = { ...(args.contextValue as object) };
  const result = await execute({ ...args, contextValue: context });
  const kind = getOperationAST(args.document, args.operationName)?.operation;
  const { bytes, fault } = measureAnswer(context, result, kind);
  if (!fault) return { result, bytes };
  const told = (result.errors ?? []).filter(isOfRootField);
  const error = new GraphQLError(fault.message, { originalError: fault });
  return { result: { data: null, errors: [error, ...told] }, bytes };
}
