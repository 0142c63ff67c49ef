import { setTimeout as sleep } from 'node:timers/promises';
import type { ObjectId } from '../../mongo/object-id.js';

/** The tries of one turn that have no answer yet, by call. */
export class TriesUnderWay {
  private readonly tries = new Map<string, { readonly callId: ObjectId; readonly end: Promise<void> }>();
  private faults: unknown[] = [];

  get size(): number {
    return this.tries.size;
  }

  get callIds(): ObjectId[] {
    return [...this.tries.values()].map(({ callId }) => callId);
  }

  add(callId: ObjectId, run: Promise<void>): void {
    const key = callId.toHexString();
    const end = run
      .catch((error: unknown) => {
        this.faults.push(error);
      })
      .finally(() => this.tries.delete(key));
    this.tries.set(key, { callId, end });
  }

  /** Waits until a try has ended, for `patienceMs` at most. @throws what a try has thrown. */
  async nextEnd(patienceMs: number): Promise<void> {
    const waiting = new AbortController();
    const late = sleep(patienceMs, undefined, { signal: waiting.signal }).catch(() => undefined);
    await Promise.race([late, ...[...this.tries.values()].map(({ end }) => end)]);
    waiting.abort();
    if (this.faults.length > 0) throw this.faults[0];
  }

  /** Waits until all have ended; never rejects. */
  async allEnds(): Promise<void> {
    await Promise.all([...this.tries.values()].map(({ end }) => end));
  }
}
