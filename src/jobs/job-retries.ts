import type { JobKind } from './job.schema.js';

/** How failures of a kind of job are dealt with. */
interface RetryPolicy {
  /** The longest pause between two tries. */
  readonly longestMs: number;
  /** When a job that goes on failing is parked: not tried again until the operator says so. null: never. */
  readonly parkAfter: { readonly failures: number; readonly ageMs: number } | null;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The first pause, which each further failure in a row doubles. */
const FIRST_PAUSE_MS = 2000;
/** By how much a pause may be longer or shorter, so that jobs that failed together are not tried together. */
const JITTER = 0.2;

/** A mail that was not sent within a day is of no use to its reader any more, or its token has expired. */
const MAIL: RetryPolicy = { longestMs: 10 * MINUTE_MS, parkAfter: { failures: 20, ageMs: 24 * HOUR_MS } };

/**
 * What must not be lost is never given up, only tried more rarely: a call has to be ended and billed, and what is to be
 * erased has to go. What an operator can do without is parked.
 */
const POLICIES: Readonly<Record<JobKind, RetryPolicy>> = {
  call: { longestMs: 5 * MINUTE_MS, parkAfter: null },
  // All calls of an account wait for it.
  admission: { longestMs: 15_000, parkAfter: null },
  retention: { longestMs: HOUR_MS, parkAfter: null },
  webhook: { longestMs: 5 * MINUTE_MS, parkAfter: null },
  'slow-webhook': { longestMs: 5 * MINUTE_MS, parkAfter: null },
  'failing-webhook': { longestMs: 5 * MINUTE_MS, parkAfter: null },
  erasure: { longestMs: 10 * MINUTE_MS, parkAfter: null },
  'tenant-deletion': { longestMs: 10 * MINUTE_MS, parkAfter: null },
  'invitation-mail': MAIL,
  'password-reset': MAIL,
  'verification-mail': MAIL,
};

/** The pause after an outage of a store, which is nobody's failure: everything is tried again soon after it. */
export const outagePauseMs = (): number => withJitter(FIRST_PAUSE_MS);

/** The pause before the next try, after so many failures in a row; with jitter of a fifth. */
export function retryPauseMs(kind: JobKind, failures: number): number {
  const pause = FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 30);
  return withJitter(Math.min(pause, POLICIES[kind].longestMs));
}

/** Whether a job is to be parked that has failed so many times in a row, first so long ago. */
export function isToBeParked(kind: JobKind, failures: number, ageMs: number): boolean {
  const { parkAfter } = POLICIES[kind];
  return parkAfter !== null && failures >= parkAfter.failures && ageMs >= parkAfter.ageMs;
}

const withJitter = (pauseMs: number): number =>
  Math.round(pauseMs * (1 - JITTER + 2 * JITTER * Math.random()));
