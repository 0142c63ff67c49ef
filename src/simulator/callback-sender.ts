import type { Activity } from './activity.js';
import { hits, type PlannedCallback } from './callback-plan.js';
import type { Clock } from './clock.js';
import { webhookHeaders } from './signatures.js';
import type { Attempt, StoredCall } from './stored-call.js';

/** How a webhook that is not acknowledged is tried again. The interval doubles each time. */
export interface RetryPolicy {
  readonly retries: number;
  readonly firstDelayMs: number;
  /** How long one try may take. */
  readonly timeoutMs: number;
}

/** What the provider documents: ten retries, the first after half a minute. */
export const PROVIDER_RETRIES: RetryPolicy = { retries: 10, firstDelayMs: 30_000, timeoutMs: 10_000 };

/** What the sender needs from its surroundings. */
export interface SenderPorts {
  /** The exact body of an event, the same at each try. */
  body(call: StoredCall, callback: PlannedCallback): string;
  /** Keeps the outcome of a try. */
  record(call: StoredCall, attempt: Attempt): Promise<void>;
}

/** Posts signed webhooks and repeats them until they are acknowledged by any 2xx, or given up. */
export class CallbackSender {
  private readonly alarms = new Set<() => void>();
  private readonly underway = new Set<Promise<void>>();
  private readonly abort = new AbortController();

  constructor(
    private readonly policy: RetryPolicy,
    private readonly ports: SenderPorts,
    private readonly clock: Clock,
    private readonly activity: Activity,
  ) {}

  /** Starts to deliver a webhook, or goes on where an earlier process stopped. One that is settled is left alone. */
  deliver(call: StoredCall, callback: PlannedCallback): void {
    const earlier = triesOf(call, callback);
    const last = earlier.at(-1);
    if (last === undefined) {
      this.start(call, callback);
    } else if (!acknowledged(last)) {
      this.retry(call, callback, last.at);
    }
  }

  /** Ends all deliveries; resolves when none is under way. */
  async stop(): Promise<void> {
    this.abort.abort();
    for (const callOff of this.alarms) callOff();
    this.alarms.clear();
    await Promise.all(this.underway);
  }

  private start(call: StoredCall, callback: PlannedCallback): void {
    const work = this.activity
      .during(() => this.run(call, callback))
      .finally(() => this.underway.delete(work));
    this.underway.add(work);
  }

  private async run(call: StoredCall, callback: PlannedCallback): Promise<void> {
    const attempt = await this.post(call, callback, 0);
    if (this.abort.signal.aborted || call.deletedAt !== null) return;
    if (!acknowledged(attempt)) {
      this.retry(call, callback, attempt.at);
      return;
    }
    // Once stopped, the copies that are left end at once and are not recorded.
    for (let copy = 1; copy <= callback.copies; copy += 1) await this.post(call, callback, copy);
  }

  private retry(call: StoredCall, callback: PlannedCallback, lastAt: number): void {
    const tries = triesOf(call, callback).length;
    if (tries > this.policy.retries || this.abort.signal.aborted) return;
    const dueAt = lastAt + this.policy.firstDelayMs * 2 ** (tries - 1);
    const callOff = this.clock.at(dueAt, () => {
      this.alarms.delete(callOff);
      if (call.deletedAt === null) this.start(call, callback);
    });
    this.alarms.add(callOff);
  }

  private async post(call: StoredCall, callback: PlannedCallback, copy: number): Promise<Attempt> {
    const at = this.clock.now();
    const isUnreachable = copy === 0 && triesOf(call, callback).length < callback.unreachable;
    const outcome = isUnreachable
      ? { status: null, error: 'Nobody is there, says a fault.' }
      : await this.send(callback, this.ports.body(call, callback), this.headers(call, callback, at));
    const { event, url, eventAt } = callback;
    const attempt: Attempt = { event, url, eventAt, at, copy, ...outcome };
    // An aborted try says nothing about the receiver: after a restart it is made again.
    if (!this.abort.signal.aborted) await this.ports.record(call, attempt);
    return attempt;
  }

  /** Signs anew for each try, because receivers refuse old timestamps. */
  private headers(call: StoredCall, callback: PlannedCallback, at: number) {
    const tries = triesOf(call, callback).length;
    const stale = hits(call, 'webhook-stale-timestamp', callback.event);
    const isStale = stale !== undefined && tries < (stale.attempts ?? Infinity);
    const bad = hits(call, 'webhook-bad-signature', callback.event);
    const isBad = bad !== undefined && tries < (bad.attempts ?? Infinity);
    const timestamp = new Date(at - (isStale ? stale.ageMs : 0)).toISOString();
    const secrets = isBad ? callback.secrets.map(secret => `not ${secret}`) : callback.secrets;
    return (body: string): Record<string, string> => webhookHeaders(secrets, body, timestamp);
  }

  private async send(
    { url }: PlannedCallback,
    body: string,
    headers: (body: string) => Record<string, string>,
  ): Promise<Pick<Attempt, 'status' | 'error'>> {
    // Not AbortSignal.timeout: inside AbortSignal.any it is garbage to Node 20, and may never fire.
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort(new Error(`no answer within ${this.policy.timeoutMs} ms`));
    }, this.policy.timeoutMs);
    try {
      const response = await fetch(url, {
        method: 'POST',
        body,
        headers: { 'Content-Type': 'application/json', ...headers(body) },
        redirect: 'manual',
        signal: AbortSignal.any([this.abort.signal, late.signal]),
      });
      await response.body?.cancel();
      return { status: response.status, error: null };
    } catch (error) {
      return { status: null, error: error instanceof Error ? error.message : 'unknown error' };
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The tries of one delivery, its deliberate duplicates left out. */
function triesOf(call: StoredCall, { event, url, eventAt }: PlannedCallback): Attempt[] {
  return call.attempts.filter(
    attempt =>
      attempt.event === event &&
      attempt.url === url &&
      attempt.copy === 0 &&
      (attempt.eventAt ?? eventAt) === eventAt,
  );
}

function acknowledged({ status }: Attempt): boolean {
  return status !== null && status >= 200 && status < 300;
}
