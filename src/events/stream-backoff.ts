/** The pause behind the first failure; each further one is twice as long, up to the longest. In milliseconds. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
/** What has not failed for so long waits no more: another process has seen to it. */
const FORGOTTEN_AFTER_MS = 3 * LONGEST_PAUSE_MS;

interface Failing {
  readonly failures: number;
  readonly dueAt: number;
}

/** Remembers what fails, and when each may be tried again: pauses double, up to a minute, and are spread by a fifth. */
export class StreamBackoff<K extends string> {
  private readonly failing = new Map<K, Failing>();

  /** @param now the time in milliseconds, by a clock that never goes back. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** How many fail now. */
  get size(): number {
    return this.failing.size;
  }

  hasFailed(key: K): boolean {
    return this.failing.has(key);
  }

  isDue(key: K): boolean {
    return (this.failing.get(key)?.dueAt ?? 0) <= this.now();
  }

  /** Notes a failure; returns how many there were in a row. */
  failed(key: K): number {
    const failures = (this.failing.get(key)?.failures ?? 0) + 1;
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
    this.failing.set(key, { failures, dueAt: this.now() + pause * (0.9 + Math.random() / 5) });
    return failures;
  }

  succeeded(key: K): void {
    this.failing.delete(key);
  }

  /** Forgets what is not even tried any more. */
  forgetOld(): void {
    for (const [key, { dueAt }] of this.failing)
      if (dueAt + FORGOTTEN_AFTER_MS < this.now()) this.failing.delete(key);
  }
}
