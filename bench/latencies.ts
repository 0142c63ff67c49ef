/** How long each of `count` sends took, one after the other, in milliseconds. */
export async function latencies(count: number, send: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  while (taken.length < count) {
    const startedAt = performance.now();
    await send();
    taken.push(performance.now() - startedAt);
  }
  return taken;
}

/** The value that `share` of all values stay at or below; 0.5 is the median. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}
