import { plannedCallbacks, type AccountWebhook } from './callback-plan.js';
import type { CallbackSender } from './callback-sender.js';
import { deletionOf, timelineOf } from './call-timeline.js';
import { DataConnection, type SteerCall } from './data-connection.js';
import type { StoredCall } from './stored-call.js';

/** A timer never waits longer: setTimeout overflows after 24 days and clocks are set. */
const LONGEST_WAIT_MS = 3_600_000;

/** Makes the outside effects of calls happen at their moments: webhooks and data connections. */
export class CallRunner {
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly connections = new Map<string, DataConnection>();
  private readonly handedOver = new Map<string, Set<string>>();
  private readonly startedAt = Date.now();
  private stopped = false;

  constructor(
    private readonly sender: CallbackSender,
    private readonly accountWebhooks: readonly AccountWebhook[],
    private readonly steer: SteerCall,
  ) {}

  /** Does what is due for a call and waits for what comes next. Call it after any change of the call. */
  wake(call: StoredCall): void {
    clearTimeout(this.timers.get(call.callId));
    if (this.stopped) return;
    const now = Date.now();
    if (deletionOf(call, now) !== null) {
      this.forget(call);
      return;
    }
    this.connect(call, now);
    const next = [this.sendDue(call, now), ...this.joinAhead(call, now)].reduce(
      (a, b) => Math.min(a, b),
      Infinity,
    );
    if (next === Infinity) {
      this.forget(call);
      return;
    }
    const wait = Math.min(LONGEST_WAIT_MS, Math.max(1, next - now));
    this.timers.set(
      call.callId,
      setTimeout(() => this.wake(call), wait),
    );
  }

  /** Ends all timers and connections. */
  stop(): void {
    this.stopped = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
    for (const connection of this.connections.values()) connection.stop();
    this.timers.clear();
    this.connections.clear();
  }

  /** Hands webhooks that are due to the sender, each once; answers when the next one is due. */
  private sendDue(call: StoredCall, now: number): number {
    const done = this.handedOver.get(call.callId) ?? new Set<string>();
    this.handedOver.set(call.callId, done);
    let next = Infinity;
    for (const callback of plannedCallbacks(call, this.accountWebhooks)) {
      const key = `${callback.event} ${callback.url}`;
      if (done.has(key)) continue;
      if (callback.dueAt > now) {
        next = Math.min(next, callback.dueAt);
        continue;
      }
      done.add(key);
      this.sender.deliver(call, callback);
    }
    return next;
  }

  /** Dials at the join. A call joined before this process began has lost its connection for good. */
  private connect(call: StoredCall, now: number): void {
    const { joinedAt, endedAt } = timelineOf(call);
    const open = this.connections.get(call.callId);
    if (open !== undefined) {
      open.pump();
      return;
    }
    if (joinedAt === null || joinedAt > now || joinedAt < this.startedAt || endedAt <= now) return;
    const connection = DataConnection.dial(call, this.steer);
    if (connection !== undefined) this.connections.set(call.callId, connection);
  }

  private joinAhead(call: StoredCall, now: number): number[] {
    const { joinedAt, endedAt, expiresAt } = timelineOf(call);
    return [joinedAt, endedAt, expiresAt].filter((at): at is number => at !== null && at > now);
  }

  private forget(call: StoredCall): void {
    const gone = deletionOf(call, Date.now()) !== null;
    if (gone) this.connections.get(call.callId)?.stop();
    this.connections.delete(call.callId);
    this.timers.delete(call.callId);
  }
}
