/** Says for each key whether it comes for the first time in a while. In this process alone, and for the latest keys. */
export class OnceInAWhile {
  private readonly seen = new Map<string, number>();

  constructor(
    private readonly whileMs: number,
    private readonly mostKept = 20_000,
  ) {}

  isFirst(key: string): boolean {
    const now = performance.now();
    const before = this.seen.get(key);
    if (before !== undefined && now - before < this.whileMs) return false;
    this.seen.delete(key);
    this.seen.set(key, now);
    if (this.seen.size > this.mostKept) this.seen.delete(this.seen.keys().next().value ?? '');
    return true;
  }

  /** Takes a key back: what it stood for has not happened. */
  forget(key: string): void {
    this.seen.delete(key);
  }
}
