import { quantile } from '../quantile.js';
import type { Outcome } from './outcome.js';

/** A call that a client was told it has. */
export interface AcknowledgedCall {
  readonly row: string;
  readonly key: string;
  /** Every answer to this key, in public ids. All must be the same. */
  readonly ids: Set<string>;
}

/** What happened in one row, as its clients saw it. */
export class RowJournal {
  startedAt = Date.now();
  endedAt: number | null = null;
  /** How often its fault was put in. */
  times = 0;
  kills = 0;
  failovers = 0;
  redisKills = 0;
  readonly acknowledgements: number[] = [];
  readonly durations: number[] = [];
  attempts = 0;
  unknown = 0;
  readonly refusals: Record<string, number> = {};
  /** Why tries had no answer. */
  readonly silences: Record<string, number> = {};
  givenUp = 0;
  slowestAttemptMs = 0;
  readonly violations: string[] = [];
  readonly notes: string[] = [];
  resumes = 0;
  readonly closeCodes: Record<string, number> = {};

  constructor(readonly id: string) {}

  /** The longest time in which no mutation was acknowledged, in milliseconds. */
  get longestOutageMs(): number {
    const moments = [this.startedAt, ...this.acknowledgements, this.endedAt ?? Date.now()];
    return moments.reduce((longest, moment, index) => {
      const previous = moments[index - 1] ?? moment;
      return Math.max(longest, moment - previous);
    }, 0);
  }

  /** The time that a share of the operations stayed below, from their first try to their acknowledgement. */
  quantileMs(share: number): number {
    return quantile(this.durations, share);
  }
}

/** What the clients of a run note: each acknowledged mutation above all. */
export class Journal {
  readonly rows = new Map<string, RowJournal>();
  /** By idempotency key. */
  readonly calls = new Map<string, AcknowledgedCall>();
  readonly endedCalls = new Map<string, string>();
  /** Texts that were said into calls: which call, and in which row. */
  readonly messages = new Map<string, { readonly callId: string; readonly row: string }>();
  /** Names that agents were given. */
  readonly agentNames = new Map<string, { readonly agentId: string; readonly row: string }>();
  current = new RowJournal('start');

  /** Begins a row: what happens from now on is counted there. */
  begin(id: string): RowJournal {
    this.current.endedAt = Date.now();
    const row = this.rows.get(id) ?? new RowJournal(id);
    this.rows.set(id, row);
    this.current = row;
    return row;
  }

  attempted(ms: number, outcome: Outcome): void {
    const row = this.current;
    row.attempts += 1;
    row.slowestAttemptMs = Math.max(row.slowestAttemptMs, ms);
    if (outcome.kind === 'unknown') {
      row.unknown += 1;
      row.silences[outcome.reason] = (row.silences[outcome.reason] ?? 0) + 1;
      if (outcome.reason === 'TimeoutError') this.violation('A request hung beyond its budget');
    }
    if (outcome.kind === 'refused') {
      const { code } = outcome.error.extensions;
      row.refusals[code] = (row.refusals[code] ?? 0) + 1;
    }
  }

  acknowledged(ms: number): void {
    this.current.acknowledgements.push(Date.now());
    this.current.durations.push(ms);
  }

  givenUp(): void {
    this.current.givenUp += 1;
  }

  violation(text: string): void {
    this.current.violations.push(text);
  }

  /** Notes an answer to `createCall`. */
  called(row: string, key: string, id: string): void {
    const known = this.calls.get(key) ?? { row, key, ids: new Set<string>() };
    known.ids.add(id);
    this.calls.set(key, known);
  }
}
