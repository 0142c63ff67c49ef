import type { ServerResponse } from 'node:http';
import type { FormattedExecutionResult } from 'graphql';
import { type Closing, CLOSINGS } from '../sockets/close-codes.js';
import { lingerOf, MAX_BUFFERED_BYTES, MAX_WAIT_MS } from '../sockets/socket-writer.js';

/** How often a silent stream says that it is alive, for the proxies in between. */
const KEEP_ALIVE_MS = 12_000;

/** The event of graphql-sse that ends an operation; EventSource ignores events without a `data` field. */
const COMPLETE = 'event: complete\ndata:\n\n';

/** One response as a stream of server-sent events: `next` and `complete` of graphql-sse, and no other event. */
export class EventStream {
  private hasEnded = false;
  private readonly gone: Promise<void>;

  constructor(private readonly response: ServerResponse) {
    this.gone = new Promise(resolve => response.once('close', resolve));
  }

  /** Whether anything that is written now still reaches its reader. */
  get isOpen(): boolean {
    return !this.hasEnded && !this.response.destroyed;
  }

  /** Begins the response. */
  open(): void {
    this.response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // Tells nginx, and those that do as it does, to pass on each event at once.
      'x-accel-buffering': 'no',
    });
    // Some browsers take a stream for open only once its first bytes are there.
    this.response.write(':\n\n');
    const timer = setInterval(() => {
      if (this.isOpen && this.response.writableLength === 0) this.response.write(':\n\n');
    }, KEEP_ALIVE_MS);
    this.response.once('close', () => {
      clearInterval(timer);
    });
  }

  /** Tells the reader from where it would resume now, before there is an event. */
  resumeFrom(id: string): Promise<void> {
    return this.write(`id: ${id}\n\n`);
  }

  /** Sends a result and resolves once it has left this process, so that the source is read no faster than that. */
  next(result: FormattedExecutionResult, id?: string): Promise<void> {
    return this.write(nextOf(result, id));
  }

  /** Ends the stream of an operation that is over. */
  async complete(): Promise<void> {
    await this.write(COMPLETE);
    if (this.isOpen) this.end();
  }

  /**
   * Ends the stream for good, with the errors that say why: its client need not come back as it is.
   * Nothing is sent after it.
   */
  refuse(closing: Closing, result: FormattedExecutionResult): void {
    if (!this.isOpen) return;
    this.response.write(`${commentOf(closing)}${nextOf(result)}${COMPLETE}`);
    this.end();
    setTimeout(() => this.response.destroy(), lingerOf(closing)).unref();
  }

  /**
   * Breaks the stream off, so that its client comes back and resumes: the protocol has no event that says so. The line is
   * cut once all that was sent before has left this process. The reason stands in a comment, for people.
   */
  cut(closing: Closing): void {
    if (!this.isOpen) return;
    this.hasEnded = true;
    const destroy = () => this.response.destroy();
    this.response.write(commentOf(closing), destroy);
    setTimeout(destroy, lingerOf(closing)).unref();
  }

  /** Cuts the line at once. */
  destroy(): void {
    this.response.destroy();
  }

  private async write(text: string): Promise<void> {
    if (!this.isOpen) return;
    if (this.response.writableLength > MAX_BUFFERED_BYTES) {
      this.cut(CLOSINGS.slowReader);
      return;
    }
    const patience = setTimeout(() => {
      this.cut(CLOSINGS.slowReader);
    }, MAX_WAIT_MS);
    const sent = new Promise<void>(resolve => this.response.write(text, () => resolve()));
    await Promise.race([sent, this.gone]);
    clearTimeout(patience);
  }

  private end(): void {
    this.hasEnded = true;
    this.response.end();
  }
}

const nextOf = (result: FormattedExecutionResult, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: next\ndata: ${JSON.stringify(result)}\n\n`;

/** Clients skip comments; whoever looks at the line reads them. */
const commentOf = ({ code, reason }: Closing): string => `: ${code} ${reason}\n\n`;
