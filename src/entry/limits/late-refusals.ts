import { setTimeout as sleep } from 'node:timers/promises';
import type { StoreKey } from '../../ids/tenant-key.js';
import { DomainError } from '../../errors/domain-error.js';

/** Refusals that are told at once in a window: whoever listens stops long before. */
const AT_ONCE = 20;
const WINDOW_MS = 10_000;
/** How long further ones are kept back at least, and twice that at most: not all are to be told in the same moment. */
export const LATE_MS = 3000;
/** Refusals of one sender that are kept back at a time. Whoever sends on is cut off. */
export const MOST_LATE = 100;

/** Somebody who has been refused goes on and on: better to cut his line than to answer him. */
export class FloodError extends DomainError {
  constructor() {
    super('RATE_LIMITED', undefined, { retryAfterSeconds: LATE_MS / 1000 });
  }
}

interface Sender {
  refusals: number;
  late: number;
  endsAt: number;
}

/**
 * Keeps refusals back from those who do not listen to them. Each refusal costs work that others wait for, and who sends
 * the next request upon its answer sends no faster than he is answered.
 */
export class LateRefusals {
  /** The one whose window ends first stands first. */
  private readonly senders = new Map<StoreKey, Sender>();

  constructor(private readonly windowMs = WINDOW_MS) {}

  /** Resolves when the sender may be refused. @throws FloodError when he is to be cut off instead. */
  async wait(key: StoreKey): Promise<void> {
    const sender = this.senderOf(key);
    sender.refusals += 1;
    if (sender.refusals <= AT_ONCE) return;
    if (sender.late >= MOST_LATE) throw new FloodError();
    sender.late += 1;
    try {
      await sleep(LATE_MS * (1 + Math.random()));
    } finally {
      sender.late -= 1;
    }
  }

  private senderOf(key: StoreKey): Sender {
    const now = performance.now();
    const sender = this.senders.get(key) ?? { refusals: 0, late: 0, endsAt: 0 };
    if (sender.endsAt > now) return sender;
    this.forgetPast(now);
    sender.refusals = 0;
    sender.endsAt = now + this.windowMs;
    this.senders.delete(key);
    this.senders.set(key, sender);
    return sender;
  }

  private forgetPast(now: number): void {
    for (const [key, { endsAt, late }] of this.senders) {
      if (endsAt > now) return;
      if (late === 0) this.senders.delete(key);
    }
  }
}
