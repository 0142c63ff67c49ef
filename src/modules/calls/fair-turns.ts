/** Whose turn it is. A tenant's number is that of the place it was given last: who has the lowest is next. */
export interface Turns {
  /** The number of the place that was given last of all. */
  readonly now: number;
  /** The numbers of those that wait, by their ids. */
  readonly of: Readonly<Record<string, number>>;
}

/** Calls of one tenant that may go, in their order. */
export interface Line<T> {
  readonly tenant: string;
  readonly calls: readonly T[];
}

/**
 * Keeps the turns of those that wait now. Whoever is new, or comes back, is behind everybody who waits and before
 * whoever was served last: neither a long line nor coming back often gets ahead of anybody.
 */
export function turnsOf(known: Turns, waiting: readonly string[]): Turns {
  return {
    now: known.now,
    of: Object.fromEntries(waiting.map(tenant => [tenant, known.of[tenant] ?? known.now - 0.5])),
  };
}

/** Those that wait, next one first. */
export function inTurn(turns: Turns): string[] {
  return Object.entries(turns.of)
    .sort(([, one], [, other]) => one - other)
    .map(([tenant]) => tenant);
}

/** Deals `room` places out: to each line one, in the order given, then to each a second one, and so on. */
export function deal<T>(lines: readonly Line<T>[], room: number): { tenant: string; call: T }[] {
  const dealt: { tenant: string; call: T }[] = [];
  const longest = Math.max(0, ...lines.map(({ calls }) => calls.length));
  for (let round = 0; round < longest; round += 1) {
    for (const { tenant, calls } of lines) {
      const call = calls[round];
      if (call === undefined) continue;
      if (dealt.length >= room) return dealt;
      dealt.push({ tenant, call });
    }
  }
  return dealt;
}

/** The turns after these tenants were given a place each, one after the other. */
export function turnsAfter(turns: Turns, served: readonly string[]): Turns {
  const of = { ...turns.of };
  served.forEach((tenant, index) => (of[tenant] = turns.now + index + 1));
  return { now: turns.now + served.length, of };
}
