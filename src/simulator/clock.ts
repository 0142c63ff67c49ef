/** Longer waits are cut into pieces: setTimeout overflows after 24 days, and clocks are set. */
const LONGEST_WAIT_MS = 3_600_000;

/** Something that is done at a moment. */
interface Alarm {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly ring: () => void;
}

/**
 * The simulator's own time: the machine's, plus what it was moved on by. It runs on by itself, and a jump makes
 * everything that falls due by it happen at once, in order.
 */
export class Clock {
  private alarms: Alarm[] = [];
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;

  /** @param offset how far it is ahead of the machine's clock from the start, in milliseconds */
  constructor(private offset = 0) {}

  /** How far it is ahead of the machine's clock, in milliseconds. */
  get offsetMs(): number {
    return this.offset;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now() + this.offset;
  }

  /** Rings at a moment, or soon if it has passed. Returns how to call it off. */
  at(moment: number, ring: () => void): () => void {
    const alarm = { at: moment, ring };
    if (this.isStopped) return () => undefined;
    this.alarms.splice(this.placeOf(moment), 0, alarm);
    if (this.alarms[0] === alarm) this.arm();
    return () => this.callOff(alarm);
  }

  /** The moment at which it rings next; null when nothing waits. */
  next(): number | null {
    return this.alarms[0]?.at ?? null;
  }

  /** Moves time on; never back. */
  jump(offset: number): void {
    this.offset = Math.max(this.offset, offset);
    this.ring();
  }

  /** Rings no more. */
  stop(): void {
    this.isStopped = true;
    this.alarms = [];
    clearTimeout(this.timer);
  }

  private ring(): void {
    const now = this.now();
    const due = this.alarms.splice(0, this.placeOf(now));
    this.arm();
    for (const alarm of due) alarm.ring();
  }

  private arm(): void {
    clearTimeout(this.timer);
    const next = this.alarms[0];
    if (next === undefined || this.isStopped) return;
    const wait = Math.min(LONGEST_WAIT_MS, Math.max(1, next.at - this.now()));
    this.timer = setTimeout(() => this.ring(), wait);
  }

  private callOff(alarm: Alarm): void {
    const from = this.alarms.slice(0, this.placeOf(alarm.at)).lastIndexOf(alarm);
    if (from !== -1) this.alarms.splice(from, 1);
  }

  /** Behind everything that rings at this moment or before. */
  private placeOf(moment: number): number {
    let low = 0;
    let high = this.alarms.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.alarms[middle]?.at ?? Infinity) <= moment) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
