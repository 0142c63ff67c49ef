import { setTimeout as sleep } from 'node:timers/promises';
import { abortable } from './abortable.js';
import { Signal } from './signal.js';

/**
 * Turns sources of changes into one slower source: yields at once, then whenever something has come since, at most
 * once per `pauseMs`. A change is never lost: what comes during a pause is told after it. What the sources yield is
 * read at once and dropped, so a slow consumer makes nothing pile up.
 * @param open starts the sources; each must end when the signal that it gets aborts.
 * @throws what a source throws; it ends when all sources have, after telling their last change.
 */
export function throttled(
  open: (leaving: AbortSignal) => readonly AsyncIterable<unknown>[],
  pauseMs: number,
  outer?: AbortSignal,
): AsyncIterableIterator<void> {
  return abortable(leaving => changes(open, pauseMs, leaving), outer);
}

async function* changes(
  open: (leaving: AbortSignal) => readonly AsyncIterable<unknown>[],
  pauseMs: number,
  leaving: AbortSignal,
): AsyncGenerator<void, void, undefined> {
  const closing = new AbortController();
  const sources = open(AbortSignal.any([leaving, closing.signal]));
  const news = new Signal();
  const state = { hasChanged: true, hasEnded: false };
  const read = async (source: AsyncIterable<unknown>) => {
    for await (const _change of source) {
      state.hasChanged = true;
      news.notify();
    }
  };
  const reading = Promise.all(sources.map(read)).finally(() => {
    state.hasEnded = true;
    news.notify();
  });
  // A failure is thrown where the loop meets it; until then it must not count as unhandled.
  reading.catch(() => undefined);
  try {
    while (!leaving.aborted) {
      if (state.hasChanged) {
        state.hasChanged = false;
        yield;
        await sleep(pauseMs, undefined, { signal: leaving }).catch(() => undefined);
      } else if (state.hasEnded) {
        await reading;
        return;
      } else {
        await news.wait(leaving);
      }
    }
  } finally {
    closing.abort();
  }
}
