import { Client, gql, subscriptionExchange } from '@urql/core';
import { createClient, type ClientOptions, type Sink } from 'graphql-ws';
import type { CallEvent } from './resume-graphql-ws.js';

const query = gql<{ callEvents: CallEvent }, { after: string }>`
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
export function followCalls(options: ClientOptions, onEvent: (event: CallEvent) => void, after = '') {
  let isOver = false;
  const on = { closed: (event: unknown) => (isOver = (event as { code: number }).code === 4401) };
  // Without retries of its own: they would send the old `after` again.
  const socket = createClient({ ...options, retryAttempts: 0, on });
  const forwardSubscription = ({ query = '', variables = {} }) => ({
    subscribe: (sink: object) => ({ unsubscribe: socket.subscribe({ query, variables }, sink as Sink) }),
  });
  const exchanges = [subscriptionExchange({ forwardSubscription })];
  const urql = new Client({ url: '/graphql', preferGetMethod: false, exchanges });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stop = (): void => undefined;
  const listen = () => {
    const subscription = urql.subscription(query, { after }).subscribe(({ data, error }) => {
      if (data) onEvent(data.callEvents);
      after = data?.callEvents.cursor ?? after;
      // GraphQL errors such as CURSOR_EXPIRED are answers, 4401 ends the session; all else is a broken line.
      if (error?.networkError && !isOver) timer = setTimeout(listen, 500);
    });
    stop = () => subscription.unsubscribe();
  };
  listen();
  return () => (clearTimeout(timer), stop());
}
