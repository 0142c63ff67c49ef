import { Injectable } from '@nestjs/common';
import type { JobBounds } from '../../jobs/job-lane.js';
import { JobRunner, type JobSeat } from '../../jobs/job-runner.js';
import type { JobKind } from '../../jobs/job.schema.js';
import { Jobs } from '../../jobs/jobs.js';
import { StoreClock } from '../../mongo/store-clock.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import { ReceiverAddresses } from './receiver-addresses.js';
import { ReceiverClient } from './receiver-client.js';
import { TriesUnderWay } from './tries-under-way.js';
import { WebhookAttempt } from './webhook-attempt.js';
import { WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';
import type { WebhookDeliveryDocument } from './webhook-delivery.schema.js';
import { WebhookFeed } from './webhook-feed.js';
import { kindOf, KNOWN_WITHIN_MS } from './webhook-wakes.js';
import type { WebhookDocument } from './webhook.schema.js';
import { WebhooksRepository } from './webhooks.repository.js';

/** Webhooks that one process looks after at a time, of all tenants and of one. */
const WORKING: JobBounds = { atOnce: 40, ofTenant: 5 };
/** The same for those whose receivers take long to answer. */
const SLOW: JobBounds = { atOnce: 40, ofTenant: 3 };
/** The same for those whose receivers fail: they wait for each other, and nobody waits for them. */
const FAILING: JobBounds = { atOnce: 20, ofTenant: 2 };
/** Tries that are under way to one receiver at a time, each for another call; a single one while it fails. */
const WINDOW = 10;
/** Due deliveries that are looked at in one go. */
const PAGE = 100;
/** How long a webhook is looked after before others get their turn. */
const TURN_MS = 5000;
/** The same of one that has been slow in this turn: longer than a try, so that one that hangs holds up no other call. */
const SLOW_TURN_MS = 30_000;
/** How long after a slow answer a receiver counts as slow. */
const SLOW_FOR_MS = 60_000;
/** How often a turn looks for news while it waits for answers. */
const LOOK_MS = 250;
/** A webhook with nothing to do is woken by the next event: this look is for what nobody has thought of. */
const IDLE_MS = 3_600_000;
/** How long a webhook that was just enabled looks by itself: as long as others may seal without knowing of it. */
const NEW_MS = 12_000;
/** How often a suspended tenant's webhook looks whether it still is. */
const SUSPENDED_MS = 60_000;

/**
 * Looks after each webhook, one process at a time: queues the events that it wants and sends what is due. Of each call
 * only the first pending event is sent; what comes after it waits, and other calls go on.
 */
@Injectable()
export class WebhookCourier {
  constructor(
    private readonly webhooks: WebhooksRepository,
    private readonly deliveries: WebhookDeliveriesRepository,
    private readonly feed: WebhookFeed,
    private readonly attempt: WebhookAttempt,
    private readonly addresses: ReceiverAddresses,
    private readonly tenants: TenantDirectory,
    private readonly jobs: Jobs,
    private readonly context: TenantContext,
    private readonly clock: StoreClock,
    runner: JobRunner,
  ) {
    const handle = (kind: JobKind, bounds: JobBounds) => {
      runner.handle(kind, (id, seat) => this.tend(id, kind, seat), bounds);
    };
    handle('webhook', WORKING);
    handle('slow-webhook', SLOW);
    handle('failing-webhook', FAILING);
  }

  private async tend(id: ObjectId, kind: JobKind, seat: JobSeat): Promise<Date | null> {
    const webhook = await this.webhooks.findById(id);
    if (!webhook) {
      await this.deliveries.removeOf(id);
      return null;
    }
    if (!webhook.isEnabled) return null;
    if (!(await this.tenants.recent({ id: this.context.tenant.id }))?.isActive)
      return this.clock.in(SUSPENDED_MS);
    const present = await this.feed.enterEpoch(webhook);
    if (present) await this.takeTurn(present, kind, seat);
    const after = await this.webhooks.findById(id);
    if (!after?.isEnabled) return after ? null : this.clock.now();
    // Due at once, in the other lane: the wake outdoes what is returned here.
    const next = kindOf(after, this.clock.now());
    if (next !== kind) await this.jobs.wake(next, this.context.tenant.id, id);
    return this.nextLook(after);
  }

  /**
   * Sends until nothing is due, or the turn is over. A receiver that takes long to answer gives its place among the quick
   * ones up at once, and has the rest of its turn among the slow ones.
   * @throws what keeps tries from being noted.
   */
  private async takeTurn({ _id, url }: WebhookDocument, kind: JobKind, seat: JobSeat): Promise<void> {
    const slowness = new Slowness(() => {
      if (kind === 'webhook') seat.moveTo('slow-webhook');
    });
    const begunAt = performance.now();
    const client = new ReceiverClient(url, WINDOW, this.addresses);
    const underWay = new TriesUnderWay();
    try {
      for (;;) {
        if (slowness.isNews()) await this.webhooks.markSlow(_id, this.clock.in(SLOW_FOR_MS));
        const isInTime = performance.now() < begunAt + (slowness.isSeen ? SLOW_TURN_MS : TURN_MS);
        const mayStart = isInTime && !this.attempt.isStopping;
        const webhook = mayStart ? await this.webhooks.findById(_id) : null;
        for (const delivery of webhook?.isEnabled ? await this.ready(webhook, underWay) : [])
          underWay.add(
            delivery.callId,
            this.attempt.run(webhook as WebhookDocument, delivery, client, slowness.see),
          );
        if (underWay.size === 0) return;
        await underWay.nextEnd(LOOK_MS);
      }
    } finally {
      await underWay.allEnds();
      await client.close();
    }
  }

  /** The deliveries to try now: of calls none of which is under way, as many as there is room for. */
  private async ready(webhook: WebhookDocument, underWay: TriesUnderWay): Promise<WebhookDeliveryDocument[]> {
    const room = (webhook.failingSince ? 1 : WINDOW) - underWay.size;
    if (room <= 0) return [];
    await this.feed.queueNew(webhook);
    const now = this.clock.now();
    if (webhook.pausedUntil && webhook.pausedUntil > now) return [];
    const due = await this.deliveries.due(webhook._id, underWay.callIds, now, PAGE);
    if (due.length === 0) return [];
    const callIds = [...new Map(due.map(({ callId }) => [callId.toHexString(), callId])).values()];
    const firsts = await this.deliveries.firstOfCalls(webhook._id, callIds);
    const isDue = ({ nextAttemptAt }: WebhookDeliveryDocument) =>
      nextAttemptAt !== null && nextAttemptAt <= now;
    // What has come since an event of its call failed waits for that one.
    for (const first of firsts)
      if (first.nextAttemptAt && !isDue(first))
        await this.deliveries.putOff(webhook._id, first.callId, first.nextAttemptAt);
    return firsts
      .filter(isDue)
      .sort((a, b) => a.position - b.position)
      .slice(0, room);
  }

  private async nextLook({ _id, enabledAt, pausedUntil, slowUntil }: WebhookDocument): Promise<Date> {
    const now = this.clock.now().getTime();
    const nextDueAt = (await this.deliveries.nextDueAt(_id))?.getTime() ?? Infinity;
    const dueAt = Math.max(nextDueAt, pausedUntil?.getTime() ?? 0);
    const lookAt = now + (now < enabledAt.getTime() + NEW_MS ? KNOWN_WITHIN_MS : IDLE_MS);
    // Then it goes back among the quick ones.
    const quickAt = slowUntil && slowUntil.getTime() > now ? slowUntil.getTime() : Infinity;
    return new Date(Math.max(now, Math.min(dueAt, lookAt, quickAt)));
  }
}

/** Whether a receiver has been slow in one turn. */
class Slowness {
  isSeen = false;
  private hasNews = false;

  /** @param onFirst called when it is seen for the first time. */
  constructor(private readonly onFirst: () => void) {}

  readonly see = (): void => {
    if (!this.isSeen) this.onFirst();
    this.isSeen = true;
    this.hasNews = true;
  };

  /** Whether it was seen since this was asked before. */
  isNews(): boolean {
    const { hasNews } = this;
    this.hasNews = false;
    return hasNews;
  }
}
