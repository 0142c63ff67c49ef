import { createClient, type Client } from 'graphql-ws';
import WebSocket from 'ws';
import type { Seat } from './seat.js';

/** What is asked of the server. */
export interface Operation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The first thing that came back; both null when nothing did in time, or the end came at once. */
export interface Answer {
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly errors: readonly AnswerError[] | null;
  /** As it came. */
  readonly text: string;
}

export interface AnswerError {
  readonly message: string;
  readonly extensions?: {
    readonly code?: string;
    readonly fields?: Readonly<Record<string, string>>;
    readonly retryAfterSeconds?: number;
  };
}

/** A way into the server. */
export interface Door {
  readonly name: 'HTTP' | 'WebSocket' | 'SSE';
  readonly takesSubscriptions: boolean;
  /** Sends one operation and returns what comes first, within the time. */
  send(operation: Operation, seat: Seat, patienceMs: number): Promise<Answer>;
  /** Keeps a subscription open and hands on all that comes; returns how to end it. */
  listen?(operation: Operation, seat: Seat, hear: (answer: Answer) => void): () => void;
  close(): Promise<void>;
}

const NOTHING: Answer = { data: null, errors: null, text: '' };

const headersOf = ({ token, subdomain }: Seat): Record<string, string> => ({
  ...(token !== null && { authorization: `Bearer ${token}` }),
  ...(subdomain !== null && { 'x-tenant-subdomain': subdomain }),
});

/** Everything that is received goes through here, as it came. */
function read(seat: Seat, door: string, text: string): Answer {
  seat.side.received.push({ where: door, text });
  try {
    const { data, errors } = JSON.parse(text) as Partial<Answer>;
    return { data: data ?? null, errors: errors ?? null, text };
  } catch {
    return { data: null, errors: [{ message: text.slice(0, 200) }], text };
  }
}

/** One POST per operation. */
export class HttpDoor implements Door {
  readonly name = 'HTTP';
  readonly takesSubscriptions = false;

  constructor(private readonly url: string) {}

  async send(operation: Operation, seat: Seat, patienceMs: number): Promise<Answer> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headersOf(seat) },
      body: JSON.stringify(operation),
      signal: AbortSignal.timeout(patienceMs),
    });
    return read(seat, this.name, await response.text());
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** One socket of graphql-transport-ws per seat. */
export class SocketDoor implements Door {
  readonly name = 'WebSocket';
  readonly takesSubscriptions = true;
  private readonly clients = new Map<Seat, Client>();

  constructor(private readonly url: string) {}

  send({ query, variables }: Operation, seat: Seat, patienceMs: number): Promise<Answer> {
    return new Promise(resolve => {
      const finish = (answer: Answer) => {
        clearTimeout(late);
        resolve(answer);
        stop();
      };
      const late = setTimeout(() => finish(NOTHING), patienceMs);
      const next = (result: unknown) => finish(read(seat, this.name, JSON.stringify(result)));
      const stop = this.clientOf(seat).subscribe(
        { query, variables: { ...variables } },
        {
          next,
          error: error => {
            // Errors of the operation are a list; else it is how the socket was closed.
            const closing = error as { code?: number; reason?: string };
            const text = JSON.stringify(
              Array.isArray(error)
                ? { errors: error }
                : { errors: [{ message: `${closing.code} ${closing.reason}` }] },
            );
            finish(read(seat, this.name, text));
          },
          complete: () => finish(NOTHING),
        },
      );
    });
  }

  listen({ query, variables }: Operation, seat: Seat, hear: (answer: Answer) => void): () => void {
    return this.clientOf(seat).subscribe(
      { query, variables: { ...variables } },
      {
        next: result => {
          hear(read(seat, this.name, JSON.stringify(result)));
        },
        error: () => undefined,
        complete: () => undefined,
      },
    );
  }

  async close(): Promise<void> {
    await Promise.all([...this.clients.values()].map(async client => client.dispose()));
  }

  private clientOf(seat: Seat): Client {
    const known = this.clients.get(seat);
    if (known) return known;
    const client = createClient({
      url: `${this.url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      // Kept until it is disposed of: a lazy one's timer for closing would keep the process.
      lazy: false,
      onNonLazyError: () => undefined,
      connectionParams: headersOf(seat),
    });
    this.clients.set(seat, client);
    return client;
  }
}

/** One stream of server-sent events per operation. */
export class StreamDoor implements Door {
  readonly name = 'SSE';
  readonly takesSubscriptions = true;

  constructor(private readonly url: string) {}

  async send(operation: Operation, seat: Seat, patienceMs: number): Promise<Answer> {
    const leaving = new AbortController();
    const late = setTimeout(() => leaving.abort(), patienceMs);
    try {
      for await (const text of this.results(operation, seat, leaving.signal))
        return read(seat, this.name, text);
      return NOTHING;
    } catch (error) {
      if (leaving.signal.aborted) return NOTHING;
      throw error;
    } finally {
      clearTimeout(late);
      leaving.abort();
    }
  }

  listen(operation: Operation, seat: Seat, hear: (answer: Answer) => void): () => void {
    const leaving = new AbortController();
    const follow = async () => {
      for await (const text of this.results(operation, seat, leaving.signal))
        hear(read(seat, this.name, text));
    };
    follow().catch(() => undefined);
    return () => leaving.abort();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The results of an operation, each as it came. */
  private async *results(operation: Operation, seat: Seat, signal: AbortSignal): AsyncGenerator<string> {
    const response = await fetch(`${this.url}/graphql/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headersOf(seat) },
      body: JSON.stringify(operation),
      signal,
    });
    if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
      yield await response.text();
      return;
    }
    const decoder = new TextDecoder();
    let unread = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const events = (unread + decoder.decode(chunk, { stream: true })).split('\n\n');
      unread = events.pop() ?? '';
      for (const event of events) {
        const [, data] = /^event: ?next$[^]*^data: ?(.*)$/m.exec(event) ?? [];
        if (data !== undefined) yield data;
      }
    }
  }
}
