import { createClient, type Client as SocketClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { AnswerError } from './answer-error.js';
import { Stream } from './stream.js';

/** What a client sends along. */
export interface Credential {
  readonly accessToken?: string;
  readonly tenantSubdomain?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly data?: T | null;
  readonly errors?: readonly AnswerError[];
}

// Answers are as loose as JSON is; each test reads the part that it asked for.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Loose = any;

/** A GraphQL client as a frontend has one: over HTTP and over graphql-transport-ws. */
export class Client {
  private readonly sockets: SocketClient[] = [];

  constructor(
    readonly url: string,
    readonly credential: Credential = {},
  ) {}

  /** Sends one operation and returns whatever comes back. */
  async send<T = Loose>(query: string, variables: Record<string, unknown> = {}): Promise<Answer<T>> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...this.headers },
      body: JSON.stringify({ query, variables }),
    });
    const body = (await response.json()) as Omit<Answer<T>, 'status' | 'headers'>;
    return { status: response.status, headers: response.headers, ...body };
  }

  /** Sends one operation that must work, and returns its data. @throws with the errors when it does not. */
  async data<T = Loose>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    const { data, errors } = await this.send<T>(query, variables);
    if (errors || !data) throw new Error(`The operation failed: ${JSON.stringify(errors)}`);
    return data;
  }

  /** Sends one operation that must fail, and returns its first error. @throws when it works. */
  async refusal(query: string, variables: Record<string, unknown> = {}): Promise<AnswerError> {
    const { data, errors } = await this.send(query, variables);
    const first = errors?.[0];
    if (!first) throw new Error(`The operation worked: ${JSON.stringify(data)}`);
    return first;
  }

  /** Opens a subscription on a socket of its own and collects what comes. */
  subscribe<T = Loose>(query: string, variables: Record<string, unknown> = {}): Stream<T> {
    const stream = new Stream<T>();
    const client = createClient({
      url: `${this.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      lazy: true,
      connectionParams: this.connectionParams,
      on: {
        closed: event => {
          stream.closed(event as { code: number; reason: string });
        },
      },
    });
    this.sockets.push(client);
    const stop = client.subscribe(
      { query, variables },
      {
        next: result => {
          stream.push(result as { data?: T; errors?: AnswerError[] });
        },
        error: error => {
          stream.fail(error);
        },
        complete: () => {
          stream.complete();
        },
      },
    );
    stream.onStop(() => {
      stop();
      void client.dispose();
    });
    return stream;
  }

  /** Ends all subscriptions. */
  async close(): Promise<void> {
    for (const socket of this.sockets) await socket.dispose();
  }

  get headers(): Record<string, string> {
    const { accessToken, tenantSubdomain, headers } = this.credential;
    return {
      ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
      ...(tenantSubdomain === undefined ? {} : { 'x-tenant-subdomain': tenantSubdomain }),
      ...headers,
    };
  }

  private get connectionParams(): Record<string, string> {
    return this.headers;
  }
}
