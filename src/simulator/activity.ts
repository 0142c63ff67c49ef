/** Counts what is under way at the simulator, so that time is never moved on in the middle of it. */
export class Activity {
  private running = 0;
  private begun = 0;

  /** Whether nothing is under way. */
  get isQuiet(): boolean {
    return this.running === 0;
  }

  /** A number that changes with everything that begins. */
  get mark(): number {
    return this.begun;
  }

  /** Counts a piece of work as under way until it has ended, well or not. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.running += 1;
    this.begun += 1;
    try {
      return await work();
    } finally {
      this.running -= 1;
    }
  }
}
