import { Client, gql, subscriptionExchange } from '@urql/core';
import { createClient, type ClientOptions } from 'graphql-ws';
import type { CallEvent } from './resume-graphql-ws.js';

const CALL_EVENTS = gql<{ callEvents: CallEvent }, { after: string }>`
  subscription ($after: String) {
    callEvents(after: $after) {
      __typename
      cursor
      sequence
      callId
    }
  }
`;

/** Calls `onEvent` for every event of every call, once and in order, however often the line breaks; returns how to stop. */
export function followCalls(
  options: ClientOptions,
  onEvent: (event: CallEvent) => void,
  after = '',
): () => void {
  let isOver = false;
  const on = { closed: (event: unknown) => (isOver = (event as { code: number }).code === 4401) };
  // Without retries of its own: they would send the old `after` again.
  const socket = createClient({ ...options, retryAttempts: 0, on });
  const overSocket = subscriptionExchange({
    forwardSubscription: ({ query = '', variables = {} }) => ({
      subscribe: sink => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
    }),
  });
  const urql = new Client({ url: '/graphql', preferGetMethod: false, exchanges: [overSocket] });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stop = (): void => undefined;
  const listen = () => {
    const subscription = urql.subscription(CALL_EVENTS, { after }).subscribe(({ data, error }) => {
      if (data) onEvent(data.callEvents);
      if (data) after = data.callEvents.cursor;
      // GraphQL errors such as CURSOR_EXPIRED are answers, 4401 ends the session; all else is a broken line.
      if (error?.networkError && !isOver) timer = setTimeout(listen, 500);
    });
    stop = () => subscription.unsubscribe();
  };
  listen();
  return () => (clearTimeout(timer), stop(), void socket.dispose());
}
