import type { AnswerError } from './answer-error.js';
import type { Loose } from './client.js';
import { rawSocket } from './raw-socket.js';

/** What comes back first, over whatever door. */
export interface Reply {
  readonly data?: Loose;
  readonly errors?: readonly AnswerError[];
  readonly extensions?: Loose;
}

/** An operation in the form in which it travels: `query`, `variables`, `extensions`, `documentId` … */
export type Payload = Readonly<Record<string, unknown>>;

/** Sends one operation and returns its first answer; null token: as a stranger. */
export type Transport = (url: string, payload: Payload, token: string | null) => Promise<Reply>;

const bearer = (token: string | null): Record<string, string> =>
  token === null ? {} : { authorization: `Bearer ${token}` };

/** The doors that GraphQL operations come in by. What is promised of one is promised of all. */
export const TRANSPORTS: readonly (readonly [name: string, send: Transport])[] = [
  [
    'HTTP',
    async (url, payload, token) => {
      const headers = { 'content-type': 'application/json', ...bearer(token) };
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers,
        body: JSON.stringify(payload),
      });
      return (await response.json()) as Reply;
    },
  ],
  [
    'WebSocket',
    async (url, payload, token) => {
      const socket = await (await rawSocket(url)).init(bearer(token));
      // The protocol wants a query; an empty one leaves the word to what names it.
      socket.send({ id: '1', type: 'subscribe', payload: { query: '', ...payload } });
      const message = await socket.message(({ type }) =>
        ['next', 'error', 'complete'].includes(type as string),
      );
      socket.end();
      return message.type === 'error' ? { errors: message.payload } : (message.payload as Reply);
    },
  ],
  [
    'server-sent events',
    async (url, payload, token) => {
      const headers = { 'content-type': 'application/json', accept: 'text/event-stream', ...bearer(token) };
      const body = JSON.stringify(payload);
      const response = await fetch(`${url}/graphql/stream`, { method: 'POST', headers, body });
      if (!response.headers.get('content-type')?.startsWith('text/event-stream'))
        return (await response.json()) as Reply;
      let read = '';
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        read += Buffer.from(chunk).toString();
        const data = /event: next\ndata: (.*)\n\n/.exec(read)?.[1];
        if (data === undefined) continue;
        return JSON.parse(data) as Reply;
      }
      throw new Error(`The stream ended without an answer: ${read}`);
    },
  ],
];
