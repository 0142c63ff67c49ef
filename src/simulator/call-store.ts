import type { Journal, JournalEntry } from './journal.js';
import type { Attempt, CallBirth, Intervention, StoredCall } from './stored-call.js';
import type { StoredWebhook } from './stored-webhook.js';

/** All calls in memory, each change written to the journal as well. */
export class CallStore {
  private readonly calls = new Map<string, StoredCall>();
  private readonly webhooks: StoredWebhook[] = [];
  private clockOffset = 0;

  constructor(private readonly journal: Journal) {}

  /** Takes over what the journal has kept. */
  async load(): Promise<void> {
    for (const entry of await this.journal.read()) this.apply(entry);
  }

  /** How far the clock was moved on when this was last kept. */
  get clockOffsetMs(): number {
    return this.clockOffset;
  }

  /** What the journal has kept of the account's webhooks, oldest change first. */
  get keptWebhooks(): readonly StoredWebhook[] {
    return this.webhooks;
  }

  /** Keeps how far the clock is moved on: calls must not be younger than it after a restart. */
  async keepClock(offsetMs: number): Promise<void> {
    await this.journal.append({ kind: 'clock', offsetMs });
  }

  /** Every call, deleted ones included, oldest first. */
  all(): StoredCall[] {
    return [...this.calls.values()];
  }

  /** The call with this id, deleted or not. */
  find(callId: string): StoredCall | undefined {
    return this.calls.get(callId);
  }

  /** Keeps a new call; resolves once the journal has it, so that no acknowledged call is lost. */
  async create(birth: CallBirth): Promise<StoredCall> {
    await this.journal.append({ kind: 'created', call: birth });
    return this.insert(birth);
  }

  /** Adds an intervention. It takes effect at once. */
  async intervene(call: StoredCall, intervention: Intervention): Promise<void> {
    call.interventions.push(intervention);
    await this.journal.append({ kind: 'intervened', callId: call.callId, intervention });
  }

  /** Notes a try to deliver a webhook. */
  async recordAttempt(call: StoredCall, attempt: Attempt): Promise<void> {
    call.attempts.push(attempt);
    await this.journal.append({ kind: 'attempted', callId: call.callId, attempt });
  }

  /** Marks a call as deleted. */
  async delete(call: StoredCall, at: number): Promise<void> {
    call.deletedAt = at;
    await this.journal.append({ kind: 'deleted', callId: call.callId, at });
  }

  private insert(birth: CallBirth): StoredCall {
    const call: StoredCall = { ...birth, interventions: [], attempts: [], deletedAt: null };
    this.calls.set(call.callId, call);
    return call;
  }

  private apply(entry: JournalEntry): void {
    if (entry.kind === 'created') {
      this.insert(entry.call);
      return;
    }
    if (entry.kind === 'clock') {
      this.clockOffset = entry.offsetMs;
      return;
    }
    if (entry.kind === 'webhook') {
      this.webhooks.push(entry.webhook);
      return;
    }
    const call = this.calls.get(entry.callId);
    if (call === undefined) return;
    switch (entry.kind) {
      case 'intervened':
        call.interventions.push(entry.intervention);
        break;
      case 'attempted':
        call.attempts.push(entry.attempt);
        break;
      case 'deleted':
        call.deletedAt = entry.at;
        break;
    }
  }
}
