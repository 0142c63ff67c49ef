const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** The last moment that a Date can hold. */
const LAST_MS = 8.64e15;

/** A time in which the clocks of a zone differ from UTC by the same. */
export interface ZoneOffset {
  /** When it begins, in milliseconds since 1970; that of the first lies before what was asked for. */
  readonly startMs: number;
  /** When the next one begins. */
  readonly endMs: number;
  /** What local clocks are ahead of UTC. */
  readonly offsetMs: number;
}

/**
 * The offsets of a time zone from one moment to another, in order and without gaps: the only place where a zone's rules
 * are read, from Node's copy of the time zone database. The database is handed the numbers.
 * @throws RangeError for a name that is no time zone.
 */
export function offsetsOf(timeZone: string, fromMs: number, toMs: number): ZoneOffset[] {
  const offsetAt = offsetReader(timeZone);
  const offsets: ZoneOffset[] = [];
  let startMs = Math.max(fromMs, -LAST_MS);
  let offsetMs = offsetAt(startMs);
  // No zone has ever changed its clocks twice in a day.
  for (let at = startMs; at < toMs; at = Math.min(at + DAY_MS, toMs, LAST_MS)) {
    const next = Math.min(at + DAY_MS, toMs, LAST_MS);
    const nextOffset = offsetAt(next);
    if (nextOffset === offsetMs) continue;
    const changeMs = changeBetween(offsetAt, at, next, offsetMs);
    offsets.push({ startMs, endMs: changeMs, offsetMs });
    [startMs, offsetMs] = [changeMs, nextOffset];
  }
  return [...offsets, { startMs, endMs: Math.max(toMs, startMs), offsetMs }];
}

/** The first millisecond behind `low` at which the offset is another, which it is at `high`. */
function changeBetween(offsetAt: (ms: number) => number, low: number, high: number, before: number): number {
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

/** Reads an offset as Intl writes it: `GMT`, `GMT+05:30`, or `GMT-04:56:02` for the time before there were zones. */
function offsetReader(timeZone: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  return ms => {
    const [, sign, hours = '0', minutes = '0', seconds = '0'] =
      /GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?$/.exec(format.format(ms)) ?? [];
    const size = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS + Number(seconds) * 1000;
    return sign === '-' ? -size : size;
  };
}
