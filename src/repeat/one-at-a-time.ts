import { setImmediate as turn } from 'node:timers/promises';
import { frozen } from './frozen.js';

interface Run<T> {
  readonly done: Promise<T>;
  /** Whether it has begun to read: what changes from then on may need another run. */
  hasBegun: boolean;
  next: Promise<T> | null;
}

/**
 * Does one piece of work per key at a time, with at most one more waiting behind it. Whoever asks gets a run that begins
 * after he asked: those who ask in the same turn share one, and those who ask while it runs share the next.
 * What a run gives is frozen, since several have it.
 */
export class OneAtATime<K extends string, T> {
  private readonly runs = new Map<K, Run<T>>();

  run(key: K, work: () => Promise<T>): Promise<T> {
    const running = this.runs.get(key);
    if (!running) return this.start(key, work);
    if (!running.hasBegun) return running.done;
    running.next ??= running.done.then(nothing, nothing).then(() => this.start(key, work));
    return running.next;
  }

  private start(key: K, work: () => Promise<T>): Promise<T> {
    const begin = () => {
      run.hasBegun = true;
      return work();
    };
    // One turn later, so that all who ask in this turn share the run.
    const done = turn()
      .then(begin)
      .then(frozen)
      .finally(() => {
        if (!run.next) this.runs.delete(key);
      });
    const run: Run<T> = { done, hasBegun: false, next: null };
    this.runs.set(key, run);
    return done;
  }
}

const nothing = () => undefined;
