/** One hot path, measured beside a peer in the same run. */
export interface Comparison {
  readonly what: string;
  readonly unit: string;
  readonly voho: number;
  readonly peer: number;
  readonly peerName: string;
}

/** Sends `total` requests, `atOnce` at a time, and returns how many were answered per second. */
export async function throughput(total: number, atOnce: number, send: () => Promise<void>): Promise<number> {
  let left = total;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left > 0) {
        left -= 1;
        await send();
      }
    }),
  );
  return total / ((performance.now() - started) / 1000);
}

/** One round of both sides, one right after the other. */
export type Pair = Pick<Comparison, 'voho' | 'peer'>;

/** The pair whose ratio is the median of all. */
export function medianPair(pairs: readonly Pair[]): Pair {
  const sorted = pairs.toSorted((a, b) => a.voho / a.peer - b.voho / b.peer);
  return sorted[Math.floor(sorted.length / 2)] ?? { voho: NaN, peer: NaN };
}
