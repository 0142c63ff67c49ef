import { z } from 'zod';
import { HttpFailure } from './http-reply.js';

/** What the account may do; each is without limit unless named. */
export const limitsSchema = z.strictObject({
  /** Calls that are not over, joined or not. Null: no cap. */
  concurrentCalls: z.number().int().min(0).nullable().default(null),
  /** Calls made within a second, and within a minute. */
  creationsPerSecond: z.number().int().positive().nullable().default(null),
  creationsPerMinute: z.number().int().positive().nullable().default(null),
  /** Requests of any kind within a second. */
  requestsPerSecond: z.number().int().positive().nullable().default(null),
  /** Calls below this count that cannot be served are refused with 503 instead of 429. */
  priorityCalls: z.number().int().min(0).default(0),
  /** How a refusal tells when to come back. */
  retryAfter: z.enum(['seconds', 'date', 'none']).default('seconds'),
});

export type Limits = z.infer<typeof limitsSchema>;

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

/** Counts what the account does, and refuses what is too much. */
export class AccountLimits {
  private creations: number[] = [];
  private requests: number[] = [];

  constructor(private limits: Limits = limitsSchema.parse({})) {}

  get current(): Limits {
    return this.limits;
  }

  set(limits: Limits): void {
    this.limits = limits;
  }

  /** Counts a request. Throws HttpFailure 429 when there are too many. */
  request(now: number): void {
    const { requestsPerSecond } = this.limits;
    if (requestsPerSecond === null) return;
    this.requests = within(this.requests, now, SECOND_MS);
    const oldest = this.requests.at(-requestsPerSecond);
    if (oldest !== undefined) throw this.refusal(429, 'Too many requests.', now, oldest + SECOND_MS);
    this.requests.push(now);
  }

  /** Counts a creation. Throws HttpFailure 429, or 503 below the priority count, when it is too much. */
  creation(now: number, activeCalls: number): void {
    const { concurrentCalls, creationsPerSecond, creationsPerMinute, priorityCalls } = this.limits;
    if (concurrentCalls !== null && activeCalls >= concurrentCalls) {
      const status = activeCalls < priorityCalls ? 503 : 429;
      throw this.refusal(status, 'Too many concurrent calls.', now, now + SECOND_MS);
    }
    this.creations = within(this.creations, now, MINUTE_MS);
    for (const [most, ms] of [
      [creationsPerSecond, SECOND_MS],
      [creationsPerMinute, MINUTE_MS],
    ] as const) {
      const oldest = most === null ? undefined : within(this.creations, now, ms).at(-most);
      if (oldest !== undefined) throw this.refusal(429, 'Too many calls are being made.', now, oldest + ms);
    }
    if (creationsPerSecond !== null || creationsPerMinute !== null) this.creations.push(now);
  }

  private refusal(status: number, detail: string, now: number, freeAt: number): HttpFailure {
    const seconds = Math.max(1, Math.ceil((freeAt - now) / 1000));
    const values = {
      seconds: { 'Retry-After': String(seconds) },
      date: { 'Retry-After': new Date(now + seconds * 1000).toUTCString() },
      none: {},
    };
    return new HttpFailure(status, { detail }, values[this.limits.retryAfter]);
  }
}

function within(moments: readonly number[], now: number, ms: number): number[] {
  return moments.filter(at => at > now - ms);
}
