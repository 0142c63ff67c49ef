import { createClient, type ClientOptions } from 'graphql-ws';

const CALL_EVENTS = `subscription ($after: String) {
  callEvents(after: $after) { __typename cursor sequence callId }
}`;

export interface CallEvent {
  readonly cursor: string;
  readonly sequence: number;
  readonly callId: string;
}

/**
 * Every event of every call, once and in order, however often the line breaks.
 * @param after the cursor of the last event you have; empty: from the oldest that is kept.
 * @throws what coming back does not heal: GraphQL errors such as CURSOR_EXPIRED, and the end of the session (4401).
 */
export async function* callEvents(options: ClientOptions, after = ''): AsyncGenerator<CallEvent> {
  // Without retries of its own: they would send the old `after` again.
  const client = createClient({ ...options, retryAttempts: 0 });
  for (;;) {
    try {
      const results = client.iterate<{ callEvents: CallEvent }>({ query: CALL_EVENTS, variables: { after } });
      for await (const { data } of results) {
        if (!data) continue;
        yield data.callEvents;
        after = data.callEvents.cursor;
      }
    } catch (error) {
      if (Array.isArray(error) || (error as { code?: number }).code === 4401) throw error;
    }
    await new Promise(resolve => setTimeout(resolve, 500));
  }
}
