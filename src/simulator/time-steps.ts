import { setTimeout as sleep } from 'node:timers/promises';
import type { Activity } from './activity.js';
import type { Clock } from './clock.js';

/** What a program that follows this clock says of its work. */
export interface FollowerState {
  /** Whether it still has work in hand at this very time. */
  readonly isBusy: boolean;
  /** When it has to do something next, in milliseconds since the epoch; null: nothing waits. */
  readonly nextAt: number | null;
}

/** A program whose time is this clock's. */
export interface Follower {
  /** Tells it how far this clock is ahead of the machine's; resolves when that holds there too. */
  move(offsetMs: number): Promise<unknown>;
  /** Asks what it has to do; it may take some time to finish that before it answers. */
  ask(): Promise<FollowerState>;
}

/** How long it waits before it asks again whether all work of this moment is done. */
const PAUSE_MS = 2;

/**
 * Moves time on from one thing that is due to the next, here and in all programs that follow, and never while one of
 * them still works on an earlier one: so hours pass in the time that their work takes, and no limit that is meant
 * for real delays is ever met because time runs fast.
 */
export class TimeSteps {
  readonly followers = new Set<Follower>();
  private tail: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly clock: Clock,
    private readonly activity: Activity,
    /** Keeps the clock's offset before anybody is told of it. */
    private readonly keep: (offsetMs: number) => Promise<void>,
  ) {}

  /**
   * Lets so much time pass; resolves with the number of steps once all work of that time is done. One after the other
   * when asked several times.
   *
   * @param grainMs what falls due within so much of a step is done with it, up to so much too late
   * @param signal ends it early, with the step in hand
   */
  pass(ms: number, grainMs: number, signal: AbortSignal): Promise<number> {
    const passing = this.tail.then(() => this.stepTo(this.clock.now() + ms, grainMs, signal));
    this.tail = passing.catch(() => undefined);
    return passing;
  }

  private async stepTo(target: number, grainMs: number, signal: AbortSignal): Promise<number> {
    for (let steps = 0; ;) {
      const next = await this.quietUntil(signal);
      if (this.clock.now() >= target || signal.aborted) return steps;
      const to = Math.min(target, next + grainMs);
      if (to > this.clock.now()) {
        await this.jump(this.clock.offsetMs + to - this.clock.now());
        steps += 1;
      }
    }
  }

  /** Waits until nothing is in hand anywhere; answers when something is due next, Infinity for never. */
  private async quietUntil(signal: AbortSignal): Promise<number> {
    while (!signal.aborted) {
      const before = this.activity.mark;
      const states = await this.all(follower => follower.ask());
      const isQuiet =
        this.activity.isQuiet && this.activity.mark === before && !states.some(({ isBusy }) => isBusy);
      const next = Math.min(this.clock.next() ?? Infinity, ...states.map(({ nextAt }) => nextAt ?? Infinity));
      if (isQuiet && next > this.clock.now()) return next;
      await sleep(PAUSE_MS);
    }
    return Infinity;
  }

  /** Followers first: what they hear from here must never seem to come from the future. */
  private async jump(offsetMs: number): Promise<void> {
    await this.keep(offsetMs);
    await this.all(follower => follower.move(offsetMs));
    this.clock.jump(offsetMs);
  }

  private async all<T>(question: (follower: Follower) => Promise<T>): Promise<T[]> {
    const answers = [...this.followers].map(follower => question(follower).catch(() => null));
    // One that is gone meanwhile has nothing in hand any more.
    return (await Promise.all(answers)).filter(answer => answer !== null);
  }
}
