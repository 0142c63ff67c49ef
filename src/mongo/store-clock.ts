import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { Connection } from 'mongoose';
import { MONGO_CONNECTION } from './mongo.tokens.js';

/** What two clocks may differ by without one of them having jumped: the way to the database takes its time. */
const TOLERANCE_MS = 2000;
/** A look that takes longer does not tell the time well enough. */
const SLOW_LOOK_MS = 1000;
/** By how much this clock runs slower, or faster, until it agrees with the database's clock again. */
const SLEW = 0.05;

/** By how much this clock is ahead of the database's, since a time of the database's clock; it fades by {@link SLEW}. */
export interface ClockCorrection {
  readonly ms: number;
  readonly at: number;
}

/**
 * The one clock of work: leases, due times, and everything that is waited for or compared with the provider's times
 * stand on it. It is the database server's clock, which all processes share, since their own may differ by days.
 * Between two looks it goes on with this process's monotonic clock, so a jump of the wall clock does not move it.
 *
 * It never goes back. A jump of the database's clock, in either direction, is not followed: this clock goes on from
 * where it was, 5 % slower or faster until both agree again, so due times and leases keep their rhythm. Only a
 * jump forward that this machine's own clock has made too is time that has passed, as after a machine has slept.
 * ClockKeeper has all processes follow the same correction.
 * Under virtual time it is ahead of that, by what {@link moveTo} says.
 */
@Injectable()
export class StoreClock implements OnModuleInit {
  private readonly logger = new Logger('StoreClock');
  private seen = { at: Date.now(), monotonic: performance.now(), wall: Date.now() };
  private isSeen = false;
  private correction: ClockCorrection = { ms: 0, at: 0 };
  private latest = 0;
  private offsetMs = 0;

  constructor(@Inject(MONGO_CONNECTION) private readonly connection: Connection) {}

  async onModuleInit(): Promise<void> {
    await this.look();
  }

  now(): Date {
    return new Date(this.offsetMs + this.real());
  }

  /** The moment that many milliseconds from now. */
  in(milliseconds: number): Date {
    return new Date(this.now().getTime() + milliseconds);
  }

  /** Puts the clock so many milliseconds ahead of the database's; for VirtualTime alone. */
  moveTo(offsetMs: number): void {
    this.offsetMs = offsetMs;
  }

  /** The time in milliseconds, without what virtual time adds. */
  real(): number {
    const local = this.local();
    this.latest = Math.max(this.latest, local + faded(this.correction, local));
    return this.latest;
  }

  /** What this clock adds to the database's at present. */
  get correctionNow(): ClockCorrection {
    const at = this.local();
    return { ms: faded(this.correction, at), at };
  }

  /** Takes over the correction that other processes follow. */
  adopt(correction: ClockCorrection): void {
    this.correction = correction;
  }

  /** Goes on from a time that was reached already, should the database's clock have gone back behind it. True when it had. */
  goOnFrom(reached: number): boolean {
    const behindMs = reached - (this.local() + this.correctionNow.ms);
    if (behindMs <= TOLERANCE_MS) return false;
    this.absorb(-behindMs);
    return true;
  }

  /** Reads the database's clock. True when it has jumped since the last look, which is made up for here. @throws while it is away. */
  async look(): Promise<boolean> {
    const before = performance.now();
    const answer = (await this.connection.db?.admin().command({ hello: 1 })) as
      { localTime?: Date } | undefined;
    const tookMs = performance.now() - before;
    if (!answer?.localTime || (this.isSeen && tookMs > SLOW_LOOK_MS)) return false;
    const at = answer.localTime.getTime() + tookMs / 2;
    const [expected, last] = [this.local(), this.seen];
    this.seen = { at, monotonic: performance.now(), wall: Date.now() };
    const isFirst = !this.isSeen;
    this.isSeen = true;
    const jumpMs = at - expected;
    if (isFirst || Math.abs(jumpMs) <= TOLERANCE_MS) return false;
    const ownJumpMs = this.seen.wall - last.wall - (this.seen.monotonic - last.monotonic);
    if (jumpMs > 0 && Math.abs(jumpMs - ownJumpMs) <= TOLERANCE_MS) return false;
    this.absorb(jumpMs, expected);
    return true;
  }

  /** Makes up for a jump of the database's clock. @param before its time before the jump, by which the correction has faded. */
  private absorb(jumpMs: number, before = this.local()): void {
    this.correction = { ms: faded(this.correction, before) - jumpMs, at: this.local() };
    this.logger.warn(
      `The database's clock has jumped by ${Math.round(jumpMs)} ms: work goes on in its rhythm, and agrees with that clock again by and by`,
    );
  }

  /** The database's time, in milliseconds. */
  private local(): number {
    return this.seen.at + performance.now() - this.seen.monotonic;
  }
}

function faded({ ms, at }: ClockCorrection, local: number): number {
  const left = Math.max(0, Math.abs(ms) - SLEW * Math.max(0, local - at));
  return Math.sign(ms) * left;
}
