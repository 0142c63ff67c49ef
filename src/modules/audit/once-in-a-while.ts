import type { StoreKey } from '../../ids/tenant-key.js';

/** Says for each key whether it comes for the first time in a while. In this process alone, and for the latest keys. */
export class OnceInAWhile<K extends StoreKey> {
  private readonly seen = new Map<K, number>();

  constructor(
    private readonly whileMs: number,
    private readonly mostKept = 20_000,
  ) {}

  isFirst(key: K): boolean {
    const now = performance.now();
    const before = this.seen.get(key);
    if (before !== undefined && now - before < this.whileMs) return false;
    this.seen.delete(key);
    this.seen.set(key, now);
    const [oldest] = this.seen.keys();
    if (this.seen.size > this.mostKept && oldest !== undefined) this.seen.delete(oldest);
    return true;
  }

  /** Takes a key back: what it stood for has not happened. */
  forget(key: K): void {
    this.seen.delete(key);
  }
}
