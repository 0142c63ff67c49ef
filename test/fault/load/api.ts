import { setTimeout as sleep } from 'node:timers/promises';
import type { AnswerError } from '../../kit/answer-error.js';
import type { Loose } from '../../kit/client.js';
import type { Journal } from './journal.js';
import type { Outcome } from './outcome.js';

/** No request may take longer: the server's own bound on its store is 10 s. */
export const BUDGET_MS = 15_000;
/** How long a client tries before it gives an operation up, not knowing what became of it. */
const PATIENCE_MS = 60_000;
const RETRYABLE = new Set(['INTERNAL', 'UNAVAILABLE', 'RATE_LIMITED', 'PROVIDER_UNAVAILABLE']);

/** A client that counts on nothing: it tries again until an answer comes. */
export class Api {
  constructor(
    readonly url: string,
    readonly accessToken: string,
    private readonly journal: Journal,
  ) {}

  /** Sends an operation once. */
  async once(query: string, variables: Record<string, unknown> = {}, url = this.url): Promise<Outcome> {
    const startedAt = performance.now();
    const outcome = await this.send(query, variables, url);
    this.journal.attempted(performance.now() - startedAt, outcome);
    return outcome;
  }

  /**
   * Sends an operation until it is done; only for those that may be repeated.
   * @returns its data; null when it was given up, or refused for good.
   */
  async untilDone(query: string, variables: Record<string, unknown>, url = this.url): Promise<Loose> {
    const startedAt = performance.now();
    while (performance.now() - startedAt < PATIENCE_MS) {
      const outcome = await this.once(query, variables, url);
      if (outcome.kind === 'done') {
        this.journal.acknowledged(performance.now() - startedAt);
        return outcome.data;
      }
      if (outcome.kind === 'refused' && !RETRYABLE.has(outcome.error.extensions.code)) {
        this.journal.violation(`An operation was refused: ${outcome.error.message}`);
        return null;
      }
      const seconds = outcome.kind === 'refused' ? (outcome.error.extensions.retryAfterSeconds ?? 0.2) : 0.2;
      await sleep(Math.min(seconds, 1) * 1000);
    }
    this.journal.givenUp();
    return null;
  }

  private async send(query: string, variables: Record<string, unknown>, url: string): Promise<Outcome> {
    try {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.accessToken}` },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(BUDGET_MS),
      });
      const { data, errors } = (await response.json()) as { data?: Loose; errors?: AnswerError[] };
      const error = errors?.[0];
      if (error) return { kind: 'refused', error };
      return { kind: 'done', data };
    } catch (error) {
      const { name, message, cause } = error as Error;
      return {
        kind: 'unknown',
        reason:
          name === 'TimeoutError'
            ? name
            : cause instanceof Error
              ? `${message} (${cause.message.replace(/[0-9.:]{6,}/g, '')})`
              : message,
      };
    }
  }
}
