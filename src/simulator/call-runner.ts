import type { Activity } from './activity.js';
import type { AccountWebhooks } from './account-webhooks.js';
import { plannedCallbacks } from './callback-plan.js';
import type { CallbackSender } from './callback-sender.js';
import { deletionOf, timelineOf } from './call-timeline.js';
import type { Clock } from './clock.js';
import { DataConnection, type SteerCall } from './data-connection.js';
import type { WebhookEvent } from './faults.js';
import type { StoredCall } from './stored-call.js';

/** Makes the outside effects of calls happen at their moments: webhooks and data connections. */
export class CallRunner {
  private readonly alarms = new Map<string, () => void>();
  private readonly connections = new Map<string, DataConnection>();
  private readonly handedOver = new Map<string, Set<string>>();
  private readonly startedAt: number;
  private stopped = false;

  constructor(
    private readonly sender: CallbackSender,
    private readonly webhooks: AccountWebhooks,
    private readonly steer: SteerCall,
    private readonly clock: Clock,
    private readonly activity: Activity,
  ) {
    this.startedAt = clock.now();
  }

  /** Does what is due for a call and waits for what comes next. Call it after any change of the call. */
  wake(call: StoredCall): void {
    this.alarms.get(call.callId)?.();
    if (this.stopped) return;
    const now = this.clock.now();
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
    this.alarms.set(
      call.callId,
      this.clock.at(next, () => this.wake(call)),
    );
  }

  /** Whether an event of a call was tried to be told to everybody who wants to hear it. */
  isTold(call: StoredCall, event: WebhookEvent): boolean {
    return plannedCallbacks(call, this.webhooks.all())
      .filter(planned => planned.event === event)
      .every(({ url }) => call.attempts.some(attempt => attempt.event === event && attempt.url === url));
  }

  /** Ends all connections, and wakes no call any more. */
  stop(): void {
    this.stopped = true;
    for (const callOff of this.alarms.values()) callOff();
    for (const connection of this.connections.values()) connection.stop();
    this.alarms.clear();
    this.connections.clear();
  }

  /** Hands webhooks that are due to the sender, each once; answers when the next one is due. */
  private sendDue(call: StoredCall, now: number): number {
    const done = this.handedOver.get(call.callId) ?? new Set<string>();
    this.handedOver.set(call.callId, done);
    let next = Infinity;
    for (const callback of plannedCallbacks(call, this.webhooks.all())) {
      const key = `${callback.event} ${callback.eventAt} ${callback.url}`;
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
    const connection = DataConnection.dial(call, this.steer, this.clock, this.activity);
    if (connection !== undefined) this.connections.set(call.callId, connection);
  }

  private joinAhead(call: StoredCall, now: number): number[] {
    const { joinedAt, endedAt, expiresAt } = timelineOf(call);
    return [joinedAt, endedAt, expiresAt].filter((at): at is number => at !== null && at > now);
  }

  private forget(call: StoredCall): void {
    const gone = deletionOf(call, this.clock.now()) !== null;
    if (gone) this.connections.get(call.callId)?.stop();
    this.connections.delete(call.callId);
    this.alarms.delete(call.callId);
  }
}
