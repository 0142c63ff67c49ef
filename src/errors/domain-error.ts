import { IntrinsicException } from '@nestjs/common';
import { ERROR_CODES, type ErrorCode, type LogLevel } from './error-codes.js';

/** Messages per path of the input, for example `{ "input.email": "is not an e-mail address" }`. */
export type FieldErrors = Readonly<Record<string, string>>;

/** What an error tells a client beside its code and message. */
export interface ErrorDetails {
  readonly fields?: FieldErrors;
  readonly retryAfterSeconds?: number;
  readonly firstAvailableCursor?: string;
}

/**
 * The one base class of errors that clients may read. Its message and details reach the client as they are;
 * everything that is not a DomainError becomes INTERNAL, with its cause only in the log.
 */
export class DomainError extends IntrinsicException {
  constructor(
    readonly code: ErrorCode,
    message: string = ERROR_CODES[code].meaning,
    readonly details: ErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'DomainError';
  }

  get level(): LogLevel {
    return ERROR_CODES[this.code].level;
  }
}

/** The input is not valid: `fields` maps each wrong path to the reason. */
export function badInput(fields: FieldErrors): DomainError {
  const [path, reason] = Object.entries(fields)[0] ?? ['input', 'is not valid'];
  return new DomainError('BAD_USER_INPUT', `${path} ${reason}`, { fields });
}

/** Missing, foreign and malformed ids all read the same, so that nobody learns what exists elsewhere. */
export function notFound(what: string): DomainError {
  return new DomainError('NOT_FOUND', `There is no such ${what}.`);
}

/** A store did not answer, or not in time: UNAVAILABLE, since the same request may work in a moment. */
export function outage(cause: unknown): DomainError {
  const message =
    'The server is busy or its database does not answer, so a change may or may not be made: try again.';
  return new DomainError('UNAVAILABLE', message, { retryAfterSeconds: 2 }, { cause });
}

/** The present state does not allow what was asked; `message` says what would. */
export function conflict(message: string): DomainError {
  return new DomainError('CONFLICT', message);
}
