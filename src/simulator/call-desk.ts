import { setTimeout as sleep } from 'node:timers/promises';
import type { CallRunner } from './call-runner.js';
import type { CallStore } from './call-store.js';
import type { Clock } from './clock.js';
import { deletionOf, isLive, timelineOf } from './call-timeline.js';
import type { SteeringMessage } from './data-message.js';
import type { WebhookEvent } from './faults.js';
import { HttpFailure } from './http-reply.js';
import type { CallBirth, StoredCall } from './stored-call.js';

const LONGEST_TELLING_MS = 15_000;

/** Everything that is done to calls, from wherever it comes: each change is kept first and then takes effect. */
export class CallDesk {
  private runner!: CallRunner;

  constructor(
    readonly store: CallStore,
    readonly clock: Clock,
  ) {}

  /** Lets the runner hear of changes. */
  attach(runner: CallRunner): void {
    this.runner = runner;
  }

  /** Makes a call; resolves once it would survive a restart. Its life has begun by then. */
  async open(birth: CallBirth): Promise<StoredCall> {
    const call = await this.store.create(birth);
    this.runner.wake(call);
    return call;
  }

  /** The call with this id. Throws HttpFailure 404 if it is unknown or deleted. */
  get(callId: string): StoredCall {
    const call = this.store.find(callId);
    if (call === undefined || deletionOf(call, this.clock.now()) !== null) throw HttpFailure.notFound();
    return call;
  }

  /** Calls that take up the account's capacity: those not over, joined or not. */
  activeCount(): number {
    const now = this.clock.now();
    return this.store.all().filter(call => deletionOf(call, now) === null && timelineOf(call).endedAt > now)
      .length;
  }

  /** Sends a message into a live call. Throws HttpFailure 422 if it is not joined or is over. */
  async steer(call: StoredCall, message: SteeringMessage): Promise<void> {
    if (!isLive(call, this.clock.now()))
      throw HttpFailure.of(422, 'The call is not joined or has already ended.');
    // What is due this very millisecond may be sent already; from the next on, the future is open.
    await this.store.intervene(call, { at: this.clock.now() + 1, message });
    await sleep(2);
    this.runner.wake(call);
  }

  /** Resolves when an event of a call was tried to be told to everybody who wants to hear it; after 15 s at the latest. */
  async untilTold(call: StoredCall, event: WebhookEvent): Promise<void> {
    const deadline = performance.now() + LONGEST_TELLING_MS;
    while (!this.runner.isTold(call, event) && performance.now() < deadline) await sleep(2);
  }

  /** Deletes a call for good; a live one is cut off. */
  async delete(call: StoredCall): Promise<void> {
    await this.store.delete(call, this.clock.now());
    this.runner.wake(call);
  }
}
