/**
 * Makes an async generator that waits inside end at once when its consumer leaves: `return` first aborts what the
 * generator waits for, since a generator's own `return` is queued behind a pending `next`.
 */
export function abortable<T>(
  start: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>,
  outer?: AbortSignal,
): AsyncIterableIterator<T> {
  const leaving = new AbortController();
  const signal = outer ? AbortSignal.any([leaving.signal, outer]) : leaving.signal;
  const generator = start(signal);
  return {
    next: () => generator.next(),
    return: () => {
      leaving.abort();
      return generator.return();
    },
    throw: error => {
      leaving.abort();
      return generator.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
