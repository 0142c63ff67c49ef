import type { Readable } from 'node:stream';

/** An answer: JSON, a stream, or nothing but a status; or the connection is reset without any answer. */
export type Reply =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly json?: unknown }
  | { readonly status: number; readonly headers: Record<string, string>; readonly stream: Readable }
  | 'reset';

/** Thrown by handlers to answer with an error, in the style of the provider. */
export class HttpFailure extends Error {
  constructor(
    readonly status: number,
    readonly body: unknown,
    readonly headers: Record<string, string> = {},
  ) {
    super(`HTTP ${status}`);
  }

  /** An error with a sentence, `{"detail": "..."}`. */
  static of(status: number, detail: string): HttpFailure {
    return new HttpFailure(status, { detail });
  }

  /** What the provider says of an id it does not know. */
  static notFound(): HttpFailure {
    return HttpFailure.of(404, 'Not found.');
  }
}
