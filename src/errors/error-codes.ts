/** How loud the log is when an error of a code leaves the server. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

interface ErrorKind {
  readonly level: LogLevel;
  /** Whether the very same request may succeed later, unchanged. */
  readonly retryable: boolean;
  /** The status a plain HTTP answer carries; GraphQL answers follow GraphQL over HTTP instead. */
  readonly httpStatus: number;
  readonly meaning: string;
}

/** Every code a client can meet. Codes are part of the public API: never renamed, never removed. */
export const ERROR_CODES = {
  BAD_USER_INPUT: {
    level: 'debug',
    retryable: false,
    httpStatus: 400,
    meaning: 'The request or one of its fields is not valid; `fields` says which.',
  },
  UNAUTHENTICATED: {
    level: 'info',
    retryable: false,
    httpStatus: 401,
    meaning: 'Sign in: the credential is missing, expired, revoked or wrong.',
  },
  FORBIDDEN: {
    level: 'info',
    retryable: false,
    httpStatus: 403,
    meaning: 'The viewer has no right to do this.',
  },
  NOT_FOUND: {
    level: 'debug',
    retryable: false,
    httpStatus: 404,
    meaning: 'There is no such thing, or it is not yours to see.',
  },
  CONFLICT: {
    level: 'debug',
    retryable: false,
    httpStatus: 409,
    meaning: 'The present state does not allow this.',
  },
  IDEMPOTENCY_CONFLICT: {
    level: 'info',
    retryable: false,
    httpStatus: 409,
    meaning: 'The idempotency key was used with another input.',
  },
  RATE_LIMITED: {
    level: 'info',
    retryable: true,
    httpStatus: 429,
    meaning: 'Too many requests; try again after `retryAfterSeconds`.',
  },
  QUOTA_EXCEEDED: {
    level: 'info',
    retryable: false,
    httpStatus: 429,
    meaning: "The tenant's quota is used up.",
  },
  TENANT_NOT_FOUND: {
    level: 'info',
    retryable: false,
    httpStatus: 404,
    meaning: 'The request names no tenant, or one that does not exist.',
  },
  TENANT_INACTIVE: { level: 'info', retryable: false, httpStatus: 403, meaning: 'The tenant is suspended.' },
  TENANT_MISMATCH: {
    level: 'warn',
    retryable: false,
    httpStatus: 403,
    meaning: 'Host, header and credential name different tenants.',
  },
  PROVIDER_UNAVAILABLE: {
    level: 'warn',
    retryable: true,
    httpStatus: 503,
    meaning: 'The voice provider does not answer.',
  },
  PROVIDER_REJECTED: {
    level: 'warn',
    retryable: false,
    httpStatus: 502,
    meaning: 'The voice provider refused the request.',
  },
  QUERY_TOO_COMPLEX: {
    level: 'info',
    retryable: false,
    httpStatus: 400,
    meaning: 'The operation asks for too much at once.',
  },
  CURSOR_EXPIRED: {
    level: 'info',
    retryable: false,
    httpStatus: 410,
    meaning:
      'The cursor is older than the events kept, or than a restored backup; `firstAvailableCursor` is the oldest that works.',
  },
  UNAVAILABLE: {
    level: 'warn',
    retryable: true,
    httpStatus: 503,
    meaning: 'The server or a store behind it is overloaded or away; try again after `retryAfterSeconds`.',
  },
  INTERNAL: {
    level: 'error',
    retryable: true,
    httpStatus: 500,
    meaning: 'An unexpected fault here; the requestId finds it in the log.',
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_CODES;
