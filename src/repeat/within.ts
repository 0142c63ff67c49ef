/**
 * Runs work under a signal that aborts with `outer`, and with a TimeoutError after `milliseconds`. The timer is one that
 * the process holds on to: AbortSignal.timeout inside AbortSignal.any is garbage to Node 20, and may never fire.
 */
export async function within<T>(
  milliseconds: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(new DOMException(`Not within ${milliseconds} ms`, 'TimeoutError'));
  }, milliseconds);
  try {
    return await work(AbortSignal.any([outer, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}
