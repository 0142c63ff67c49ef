import { setTimeout as sleep } from 'node:timers/promises';
import type { StoreKey } from '../../ids/tenant-key.js';
import { DomainError } from '../../errors/domain-error.js';

/** How long anybody is kept waiting for his turn; whoever would have to wait longer is refused at once. */
const PATIENCE_MS = 5000;

/** What somebody asks of a process, and how fast he may. */
export interface Stride {
  /** Whose pace it is. */
  readonly key: StoreKey;
  readonly points: number;
  /** Points in a second, in the long run. */
  readonly perSecond: number;
  /** Points at once, after a rest. */
  readonly burst: number;
}

/**
 * Spreads what one asks of this process over time, so that a minute's budget is not spent in a second that others need
 * too. What comes too fast waits, in order (the generic cell rate algorithm).
 */
export class Pace {
  /** When all that was let in is paid for, by `performance.now()`; whoever was let in last stands last. */
  private readonly paidAt = new Map<StoreKey, number>();

  /**
   * Whether all strides can be made soon.
   * @throws DomainError RATE_LIMITED, with the seconds to wait, where one would have to wait for more than 5 s.
   */
  assertSoon(...strides: readonly Stride[]): void {
    const longest = this.longestWait(strides, performance.now());
    if (longest <= PATIENCE_MS) return;
    const retryAfterSeconds = Math.ceil((longest - PATIENCE_MS) / 1000) + 1;
    throw new DomainError('RATE_LIMITED', undefined, { retryAfterSeconds });
  }

  /** Makes the strides, and resolves when it is their turn. */
  async make(...strides: readonly Stride[]): Promise<void> {
    const longest = this.longestWait(strides, performance.now());
    this.charge(...strides);
    if (longest > 0) await sleep(longest);
  }

  /** Counts strides that have been made already: those that come next wait for them. */
  charge(...strides: readonly Stride[]): void {
    const now = performance.now();
    for (const stride of strides) {
      const paidAt = this.paidAfter(stride, now);
      this.paidAt.delete(stride.key);
      this.paidAt.set(stride.key, paidAt);
    }
    this.forgetPaid(now);
  }

  private longestWait(strides: readonly Stride[], now: number): number {
    const waits = strides.map(
      stride => this.paidAfter(stride, now) - now - (stride.burst * 1000) / stride.perSecond,
    );
    return Math.max(0, ...waits);
  }

  private paidAfter({ key, points, perSecond }: Stride, now: number): number {
    return Math.max(now, this.paidAt.get(key) ?? 0) + (points * 1000) / perSecond;
  }

  private forgetPaid(now: number): void {
    for (const [key, paidAt] of this.paidAt) {
      if (paidAt > now) return;
      this.paidAt.delete(key);
    }
  }
}
