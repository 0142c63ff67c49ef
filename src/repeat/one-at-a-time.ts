/** Does one piece of work per key at a time. Those who ask while it runs share the next run: it starts after they asked. */
export class OneAtATime<T> {
  private readonly running = new Map<string, Promise<T>>();
  private readonly next = new Map<string, Promise<T>>();

  run(key: string, work: () => Promise<T>): Promise<T> {
    const known = this.next.get(key);
    if (known) return known;
    const running = this.running.get(key);
    if (!running) return this.start(key, work);
    const next = running.then(nothing, nothing).then(() => {
      this.next.delete(key);
      return this.start(key, work);
    });
    this.next.set(key, next);
    return next;
  }

  private start(key: string, work: () => Promise<T>): Promise<T> {
    const run = work().finally(() => this.running.delete(key));
    this.running.set(key, run);
    return run;
  }
}

const nothing = () => undefined;
