import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Signal } from './signal.js';
import { throttled } from './throttled.js';

/** A source that is rung by hand, and knows whether it is still read. */
class Bell {
  isRead = false;
  private rings = 0;
  private failure: Error | null = null;
  private readonly signal = new Signal();

  readonly open = (leaving: AbortSignal): AsyncIterable<unknown>[] => [this.listen(leaving)];

  ring(): void {
    this.rings += 1;
    this.signal.notify();
  }

  fail(error: Error): void {
    this.failure = error;
    this.signal.notify();
  }

  private async *listen(leaving: AbortSignal) {
    this.isRead = true;
    try {
      while (!leaving.aborted) {
        if (this.failure) throw this.failure;
        if (this.rings > 0) yield (this.rings -= 1);
        else await this.signal.wait(leaving);
      }
    } finally {
      this.isRead = false;
    }
  }
}

/** Whether a promise is settled after everything that can run now has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(
    () => (settled = true),
    () => (settled = true),
  );
  for (let turns = 0; turns < 10; turns += 1) await turn();
  return settled;
}

describe('throttled', () => {
  it('yields at once, without any change', async () => {
    const slow = throttled(new Bell().open, 1);
    expect(await slow.next()).toMatchObject({ done: false });
    await slow.return?.();
  });

  it('tells a change that came while its consumer was busy, however many there were, once', async () => {
    const bell = new Bell();
    const slow = throttled(bell.open, 1);
    await slow.next();
    for (let rings = 0; rings < 5; rings += 1) bell.ring();
    expect(await slow.next()).toMatchObject({ done: false });
    const quiet = slow.next();
    expect(await isSettled(quiet)).toBe(false);
    bell.ring();
    expect(await quiet).toMatchObject({ done: false });
    await slow.return?.();
  });

  it('keeps the pause, and tells after it what came meanwhile', async () => {
    const bell = new Bell();
    const slow = throttled(bell.open, 50);
    await slow.next();
    bell.ring();
    const asked = performance.now();
    expect(await slow.next()).toMatchObject({ done: false });
    // Timers may fire a millisecond early, and as late as the machine likes.
    expect(performance.now() - asked).toBeGreaterThanOrEqual(48);
    await slow.return?.();
  });

  it('leaves in the middle of a long pause, and reads its source no more', async () => {
    const bell = new Bell();
    const slow = throttled(bell.open, 1_000_000);
    await slow.next();
    bell.ring();
    const waiting = slow.next();
    await slow.return?.();
    expect(await waiting).toMatchObject({ done: true });
    await turn();
    expect(bell.isRead).toBe(false);
  });

  it('leaves when the outer signal aborts', async () => {
    const bell = new Bell();
    const outer = new AbortController();
    const slow = throttled(bell.open, 1, outer.signal);
    await slow.next();
    const waiting = slow.next();
    outer.abort();
    expect(await waiting).toMatchObject({ done: true });
    await turn();
    expect(bell.isRead).toBe(false);
  });

  it('throws what a source throws, and reads the others no more', async () => {
    const [good, bad] = [new Bell(), new Bell()];
    const slow = throttled(leaving => [...good.open(leaving), ...bad.open(leaving)], 1);
    await slow.next();
    bad.fail(new Error('no right any more'));
    await expect(slow.next()).rejects.toThrow('no right any more');
    await turn();
    expect(good.isRead).toBe(false);
  });
});
