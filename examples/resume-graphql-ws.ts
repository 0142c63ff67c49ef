import { createClient, type ClientOptions } from 'graphql-ws';

const CALL_EVENTS = `subscription ($after: String) {
  callEvents(after: $after) { __typename cursor sequence callId }
}`;

export interface CallEvent {
  readonly cursor: string;
  readonly sequence: number;
  readonly callId: string;
}

/** Calls `onEvent` for every event of every call, once and in order, however often the line breaks; returns how to stop. */
export function followCalls(options: ClientOptions, onEvent: (event: CallEvent) => void, after = '') {
  // Without retries of its own: they would send the old `after` again.
  const client = createClient({ ...options, retryAttempts: 0 });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stop = (): void => undefined;
  const listen = () => {
    stop = client.subscribe<{ callEvents: CallEvent }>(
      { query: CALL_EVENTS, variables: { after } },
      {
        next({ data }) {
          if (!data) return;
          onEvent(data.callEvents);
          after = data.callEvents.cursor;
        },
        error(error) {
          // GraphQL errors such as CURSOR_EXPIRED are answers, 4401 ends the session; all else is a broken line.
          const isOver = Array.isArray(error) || (error as { code?: number }).code === 4401;
          if (!isOver) timer = setTimeout(listen, 500);
        },
        complete: () => undefined,
      },
    );
  };
  listen();
  return () => (clearTimeout(timer), stop());
}
