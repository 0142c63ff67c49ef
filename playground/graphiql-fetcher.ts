import type { Fetcher, FetcherOpts, FetcherParams } from '@graphiql/toolkit';
import { Kind, OperationTypeNode, parse, type ExecutionResult } from 'graphql';
import type { Api } from './api.js';

/** Sends what is run in the editor: subscriptions over the WebSocket, everything else over HTTP. */
export function graphiqlFetcher(api: Api): Fetcher {
  return async (params: FetcherParams, options?: FetcherOpts) => {
    if (isSubscription(params)) return events(api, params);
    const headers = options?.headers as Record<string, string> | undefined;
    try {
      return (await api.send(params, headers)) as ExecutionResult;
    } catch (error) {
      throw told(error);
    }
  };
}

function isSubscription({ query, operationName }: FetcherParams): boolean {
  try {
    return parse(query).definitions.some(
      definition =>
        definition.kind === Kind.OPERATION_DEFINITION &&
        definition.operation === OperationTypeNode.SUBSCRIPTION &&
        (!operationName || definition.name?.value === operationName),
    );
  } catch {
    // What does not parse goes to the server, whose error says where.
    return false;
  }
}

async function* events(api: Api, { query, variables, operationName }: FetcherParams) {
  const operation = {
    query,
    variables: variables as Record<string, unknown> | undefined,
    operationName: operationName ?? undefined,
  };
  try {
    for await (const event of api.socket().iterate(operation)) {
      api.knownIds.learnFrom(event.data);
      // GraphiQL only prints it; an answer that came over the wire is typed as formatted, GraphiQL's as unformatted.
      yield event as ExecutionResult;
    }
  } catch (error) {
    throw told(error);
  }
}

/**
 * What the editor shows of a failure. GraphiQL prints the stack of every Error, which says nothing to a reader; of an
 * object it prints what is there. The server's own errors, as graphql-ws rejects with, pass as they are.
 */
function told(error: unknown): unknown {
  if (error instanceof CloseEvent) {
    const reason = error.reason === '' ? 'The connection was lost' : error.reason;
    return { message: `${reason} (${error.code}). Run the subscription again to go on.` };
  }
  if (error instanceof Event) return { message: 'The server cannot be reached.' };
  return error instanceof Error ? { message: error.message } : error;
}
