import { setTimeout as sleep } from 'node:timers/promises';

/** How long anybody waits for his turn. In milliseconds. */
const PATIENCE_MS = 2000;

/**
 * Lets the work of one key begin one after the other, in the order of asking. It spares what would get in each other's
 * way and promises no more: whoever has waited for two seconds begins anyway, so that nothing that hangs holds up others.
 */
export class Turns<K extends string> {
  private readonly last = new Map<K, Promise<unknown>>();

  /** Does `work` when its turn comes. @throws whatever it throws; what went before it is nobody else's matter. */
  async run<T>(key: K, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(key);
    const mine = before ? patiently(before).then(work) : work();
    const over = mine.then(nothing, nothing);
    this.last.set(key, over);
    try {
      return await mine;
    } finally {
      if (this.last.get(key) === over) this.last.delete(key);
    }
  }
}

async function patiently(before: Promise<unknown>): Promise<void> {
  const stopping = new AbortController();
  const tired = sleep(PATIENCE_MS, undefined, { signal: stopping.signal }).catch(nothing);
  await Promise.race([before, tired]);
  stopping.abort();
}

const nothing = () => undefined;
