import {
  BrokenCircuitError,
  circuitBreaker,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  DelegateBackoff,
  handleWhen,
} from 'cockatiel';
import type { Metrics } from '../../telemetry/metrics.js';
import type { KeyOwner } from './provider-faults.js';
import { ProviderError } from './voice-provider.js';

/** After so many requests in a row without an answer, no more are sent for a while. */
const MOST_FAILURES = 5;
/** How long at first, and at most: a call's end is to be known within 30 s. */
const FIRST_REST_MS = 1000;
const LONGEST_REST_MS = 10_000;

/** What a circuit lets through. Reading may work while creating does not, and the other way round. */
export type CircuitKind = 'reads' | 'writes';

const STATES: Readonly<Record<CircuitState, string>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Isolated]: 'open',
};

/**
 * Spares a provider that does not answer, and those who wait for it: after five failures in a row requests fail at
 * once, and after a rest of one to ten seconds a single one tries again.
 */
export class Circuit {
  private readonly policy: CircuitBreakerPolicy;
  private restsUntil = 0;
  private state = 'closed';

  constructor(
    private readonly owner: KeyOwner,
    private readonly kind: CircuitKind,
    private readonly metrics: Metrics,
  ) {
    this.policy = circuitBreaker(
      handleWhen(error => error instanceof ProviderError && error.isOutage),
      {
        breaker: new ConsecutiveBreaker(MOST_FAILURES),
        halfOpenAfter: new DelegateBackoff(({ attempt }: { attempt: number }) => {
          const rest = Math.min(FIRST_REST_MS * 2 ** (attempt - 1), LONGEST_REST_MS);
          this.restsUntil = Date.now() + rest;
          return rest;
        }),
      },
    );
    this.count(1);
    this.policy.onStateChange(state => {
      this.count(-1);
      this.state = STATES[state];
      this.count(1);
    });
  }

  /** Sends a request, or refuses to. @throws ProviderError `busy` while the circuit is open; whatever `send` throws. */
  async run<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await this.policy.execute(send);
    } catch (error) {
      if (!(error instanceof BrokenCircuitError)) throw error;
      throw new ProviderError('busy', 'The voice provider does not answer; it is asked again in a moment.', {
        retryAfterSeconds: Math.max(this.restsUntil - Date.now(), 100) / 1000,
      });
    }
  }

  /** Takes the circuit out of the metrics: its account is used no more. */
  retire(): void {
    this.count(-1);
  }

  private count(by: number): void {
    this.metrics.providerCircuits.inc({ owner: this.owner, kind: this.kind, state: this.state }, by);
  }
}
