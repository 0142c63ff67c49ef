/** An event as a subscriber heard it; ids are public. */
export interface HeardEvent {
  readonly id: string;
  readonly callId: string;
  readonly sequence: number;
  /** From the event's own time to its arrival, in milliseconds. */
  readonly delayMs: number;
  readonly at: number;
}

/** An event as the store has it. */
export interface StoredEvent {
  readonly id: string;
  readonly callId: string;
  readonly sequence: number;
  readonly position: number | null;
}

/** What is wrong with a history. */
export interface Flaws {
  lost: number;
  repeated: number;
  outOfOrder: number;
  readonly examples: string[];
}

export const noFlaws = (): Flaws => ({ lost: 0, repeated: 0, outOfOrder: 0, examples: [] });

/** Sums flaws by the row that a call was made in. */
export class FlawBook {
  readonly rows = new Map<string, Flaws>();

  constructor(private readonly rowOf: (callId: string) => string) {}

  add(kind: 'lost' | 'repeated' | 'outOfOrder', callId: string, example: string): void {
    const row = this.rowOf(callId);
    const flaws = this.rows.get(row) ?? noFlaws();
    this.rows.set(row, flaws);
    flaws[kind] += 1;
    if (flaws.examples.length < 5) flaws.examples.push(example);
  }
}

/**
 * Compares what a subscriber heard from the beginning with what the store has: every event once, those of a call as
 * 1, 2, 3 … n, and all of them in the order of their positions. An event that the store does not have was told before
 * it was true, and counts as repeated: nobody can take it back.
 */
export function checkHistory(
  name: string,
  heard: readonly HeardEvent[],
  stored: readonly StoredEvent[],
  book: FlawBook,
): void {
  const positions = new Map(stored.map(event => [event.id, event.position ?? 0]));
  const seen = new Set<string>();
  const sequences = new Map<string, number>();
  let last = 0;
  for (const { id, callId, sequence } of heard) {
    const position = positions.get(id);
    const what = `${name}: ${callId} #${sequence}`;
    const previous = sequences.get(callId) ?? 0;
    if (position === undefined) book.add('repeated', callId, `${what} is not in the store`);
    else if (seen.has(id)) book.add('repeated', callId, `${what} came twice`);
    else if (position < last || sequence <= previous) book.add('outOfOrder', callId, `${what} came too late`);
    seen.add(id);
    last = Math.max(last, position ?? 0);
    sequences.set(callId, Math.max(previous, sequence));
  }
  for (const { id, callId, sequence } of stored) {
    if (!seen.has(id)) book.add('lost', callId, `${name}: ${callId} #${sequence} never came`);
  }
}

/**
 * Compares what a webhook's receiver got with what the store has: every event at least once, and those of a call in their
 * order by when each came first. Events of different calls have no order among each other.
 */
export function checkDeliveries(
  name: string,
  heard: readonly HeardEvent[],
  stored: readonly StoredEvent[],
  book: FlawBook,
): void {
  const ids = new Set(stored.map(({ id }) => id));
  const seen = new Set<string>();
  const sequences = new Map<string, number>();
  for (const { id, callId, sequence } of heard) {
    if (seen.has(id)) continue;
    seen.add(id);
    const what = `${name}: ${callId} #${sequence}`;
    if (!ids.has(id)) book.add('repeated', callId, `${what} is not in the store`);
    else if (sequence < (sequences.get(callId) ?? 0)) book.add('outOfOrder', callId, `${what} came too late`);
    sequences.set(callId, Math.max(sequences.get(callId) ?? 0, sequence));
  }
  for (const { id, callId, sequence } of stored) {
    if (!seen.has(id)) book.add('lost', callId, `${name}: ${callId} #${sequence} never came`);
  }
}

/** Checks the store itself: a call's events are 1, 2, 3 … n, and the positions of all of them 1, 2, 3 … without a gap. */
export function checkStore(stored: readonly StoredEvent[], book: FlawBook): void {
  const calls = new Map<string, number[]>();
  for (const { callId, sequence } of stored) calls.set(callId, [...(calls.get(callId) ?? []), sequence]);
  for (const [callId, sequences] of calls) {
    sequences
      .sort((a, b) => a - b)
      .forEach((sequence, index) => {
        const previous = sequences[index - 1] ?? 0;
        if (sequence === previous) book.add('repeated', callId, `store: ${callId} has two #${sequence}`);
        else if (sequence !== previous + 1)
          book.add('lost', callId, `store: ${callId} lacks #${previous + 1}`);
      });
  }
  const positioned = [...stored].sort((a, b) => (a.position ?? 0) - (b.position ?? 0));
  positioned.forEach(({ position, callId, sequence }, index) => {
    if (position !== index + 1)
      book.add('outOfOrder', callId, `store: ${callId} #${sequence} stands at ${position ?? 'no position'}`);
  });
}
