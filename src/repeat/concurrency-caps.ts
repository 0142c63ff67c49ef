/** Counts what is open per key, in this process alone. */
export class ConcurrencyCaps<K extends string> {
  private readonly open = new Map<K, number>();

  /** Counts one more, and returns how to count it out again; null when `cap` are open already. */
  enter(key: K, cap: number): (() => void) | null {
    const count = this.open.get(key) ?? 0;
    if (count >= cap) return null;
    this.open.set(key, count + 1);
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      const left = (this.open.get(key) ?? 1) - 1;
      if (left > 0) this.open.set(key, left);
      else this.open.delete(key);
    };
  }
}
