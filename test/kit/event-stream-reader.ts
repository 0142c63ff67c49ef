import { type IncomingMessage, request } from 'node:http';
import type { Loose } from './client.js';
import { Stream } from './stream.js';

/** How an operation is sent. */
export interface EventStreamOptions {
  readonly method?: 'GET' | 'POST';
  readonly accessToken?: string;
  readonly lastEventId?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Reads one stream of server-sent events without a client library, as the standard says. Never comes back. */
export class EventStreamReader {
  readonly stream = new Stream<Loose>();
  /** The id that a browser would send along when it comes back. */
  lastEventId: string | undefined;
  /** The names of the events, in order. */
  readonly eventNames: string[] = [];
  /** The ids that stood with results. */
  readonly idsOfEvents: string[] = [];
  response: IncomingMessage | null = null;
  /** The body of an answer that is no stream. */
  body = '';
  /** Comments so far: the signs of life. */
  comments = 0;
  private unread = '';

  constructor(
    url: string,
    operation: { query: string; variables?: Record<string, unknown> },
    { method = 'POST', accessToken, lastEventId, headers }: EventStreamOptions = {},
  ) {
    const search = new URLSearchParams({
      query: operation.query,
      variables: JSON.stringify(operation.variables ?? {}),
    });
    const sending = request(`${url}/graphql/stream${method === 'GET' ? `?${search.toString()}` : ''}`, {
      method,
      agent: false,
      headers: {
        accept: 'text/event-stream',
        ...(method === 'POST' && { 'content-type': 'application/json' }),
        ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }),
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
        ...headers,
      },
    });
    sending.on('response', response => {
      this.response = response;
      response.setEncoding('utf8');
      const isStream = response.headers['content-type']?.startsWith('text/event-stream') ?? false;
      response.on('data', (chunk: string) => {
        if (isStream) this.read(chunk);
        else this.body += chunk;
      });
      response.on('error', () => undefined);
      response.on('close', () => {
        this.stream.complete();
      });
    });
    sending.on('error', () => {
      this.stream.complete();
    });
    sending.end(method === 'POST' ? JSON.stringify(operation) : undefined);
  }

  get status(): number | undefined {
    return this.response?.statusCode;
  }

  /** Destroys the line, as a network does that goes away. */
  cut(): void {
    this.response?.destroy();
  }

  /** Waits until an answer that is no stream is there, and returns its first error's code. */
  async refusal(): Promise<[number | undefined, string]> {
    await this.stream.until(({ isComplete }) => isComplete);
    const { errors } = JSON.parse(this.body) as { errors: [{ extensions: { code: string } }] };
    return [this.status, errors[0].extensions.code];
  }

  private read(chunk: string): void {
    this.unread += chunk;
    for (let end = this.unread.indexOf('\n\n'); end >= 0; end = this.unread.indexOf('\n\n')) {
      this.take(this.unread.slice(0, end).split('\n'));
      this.unread = this.unread.slice(end + 2);
    }
  }

  private take(lines: readonly string[]): void {
    const field = (name: string) =>
      lines
        .find(line => line.startsWith(`${name}:`))
        ?.slice(name.length + 1)
        .trim();
    if (lines.some(line => line.startsWith(':'))) this.comments += 1;
    this.lastEventId = field('id') ?? this.lastEventId;
    const data = field('data');
    const name = field('event');
    if (name !== undefined) this.eventNames.push(name);
    if (name === 'next') {
      const id = field('id');
      if (id !== undefined) this.idsOfEvents.push(id);
      this.stream.push(JSON.parse(data ?? ''));
    }
    const [, code, reason] = /^: (\d{4}) (.*)$/.exec(lines[0] ?? '') ?? [];
    if (code !== undefined && reason !== undefined) this.stream.closed({ code: Number(code), reason });
  }
}
