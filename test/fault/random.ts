/** Numbers that are the same for the same seed. */
export class Random {
  constructor(private state: number) {}

  /** At least 0, below 1. */
  next(): number {
    // mulberry32
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A number between two. */
  between(least: number, most: number): number {
    return least + this.next() * (most - least);
  }

  /** True as often as `probability` says. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of several things. @throws Error when there are none. */
  pick<T>(things: readonly T[]): T {
    const thing = things[Math.floor(this.next() * things.length)];
    if (thing === undefined) throw new Error('There is nothing to pick from');
    return thing;
  }
}
