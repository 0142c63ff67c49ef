import type { StoreKey } from '../ids/tenant-key.js';
import { withoutReadDeadline } from '../mongo/read-deadline.js';
import { frozen } from '../repeat/frozen.js';
import { boundedRead } from './bounded-read.js';

interface Entry<V> {
  readonly value: Promise<V | null>;
  readonly readAt: number;
}

/**
 * Remembers what was read for a moment, so that a burst of requests reads it once. What is not there is not
 * remembered, so that what has just been made is found at once; neither is a failure. Each reader waits within the
 * deadline of its own operation ({@link boundedRead}). The type of the key says whether the values are tenants' own.
 */
export class BriefCache<K extends StoreKey, V> {
  private readonly entries = new Map<K, Entry<V>>();

  /** @param lifetimeMs how old an answer may be. @param mostKept how many are kept; the oldest go first. */
  constructor(
    private readonly lifetimeMs: number,
    private readonly mostKept: number,
  ) {}

  /**
   * The remembered value, frozen, or what `read` gives now; readers at the same time share one reading.
   * @throws MongoReadDeadlineError when it does not come within the time that is left to the reader's operation.
   */
  get(key: K, read: () => Promise<V | null>): Promise<V | null> {
    const known = this.entries.get(key);
    if (known && Date.now() - known.readAt < this.lifetimeMs) return boundedRead(() => known.value);
    const entry = { value: withoutReadDeadline(read).then(frozen), readAt: Date.now() };
    this.entries.delete(key);
    this.entries.set(key, entry);
    const forget = () => {
      if (this.entries.get(key) === entry) this.entries.delete(key);
    };
    entry.value.then(value => {
      if (value === null) forget();
    }, forget);
    const [oldest] = this.entries.keys();
    if (this.entries.size > this.mostKept && oldest !== undefined) this.entries.delete(oldest);
    return boundedRead(() => entry.value);
  }

  /** Forgets everything, so that a change made in this process counts here at once. */
  clear(): void {
    this.entries.clear();
  }
}
