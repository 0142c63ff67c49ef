interface Entry<V> {
  readonly value: Promise<V | null>;
  readonly readAt: number;
}

/**
 * Remembers what was read for a moment, so that a burst of requests reads it once. What is not there is not
 * remembered, so that whatever has just been made is found at once; neither is a failure.
 */
export class BriefCache<V> {
  private readonly entries = new Map<string, Entry<V>>();

  /** @param lifetimeMs how old an answer may be. @param mostKept how many are kept; the oldest go first. */
  constructor(
    private readonly lifetimeMs: number,
    private readonly mostKept: number,
  ) {}

  /** The remembered value, or what `read` gives now; readers at the same time share one reading. */
  get(key: string, read: () => Promise<V | null>): Promise<V | null> {
    const known = this.entries.get(key);
    if (known && Date.now() - known.readAt < this.lifetimeMs) return known.value;
    const entry = { value: read(), readAt: Date.now() };
    this.entries.delete(key);
    this.entries.set(key, entry);
    const forget = () => {
      if (this.entries.get(key) === entry) this.entries.delete(key);
    };
    entry.value.then(value => {
      if (value === null) forget();
    }, forget);
    if (this.entries.size > this.mostKept) this.entries.delete(this.entries.keys().next().value ?? '');
    return entry.value;
  }

  /** Forgets everything, so that a change made in this process counts here at once. */
  clear(): void {
    this.entries.clear();
  }
}
