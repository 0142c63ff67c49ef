import type { Fetcher, FetcherOpts, FetcherParams } from '@graphiql/toolkit';
import { Kind, OperationTypeNode, parse, type ExecutionResult } from 'graphql';
import type { Api } from './api.js';

/** Sends what is run in the editor: subscriptions over the WebSocket, everything else over HTTP. */
export function graphiqlFetcher(api: Api): Fetcher {
  return async (params: FetcherParams, options?: FetcherOpts) => {
    if (isSubscription(params)) return events(api, params);
    const headers = options?.headers as Record<string, string> | undefined;
    return (await api.send(params, headers)) as ExecutionResult;
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
    throw socketError(error);
  }
}

/** graphql-ws rejects with a close event, or with the errors the server answered; the editor shows a message. */
function socketError(error: unknown): unknown {
  if (error instanceof CloseEvent) {
    const reason = error.reason === '' ? 'The connection was lost' : error.reason;
    return new Error(`${reason} (${error.code}). Run the subscription again to go on.`);
  }
  return error instanceof Event ? new Error('The server cannot be reached.') : error;
}
