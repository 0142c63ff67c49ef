import { Injectable } from '@nestjs/common';
import { badInput, conflict, notFound } from '../../errors/domain-error.js';
import { CallEvents } from '../../events/call-events.js';
import { toPublicId } from '../../ids/public-id.js';
import { StoreClock } from '../../mongo/store-clock.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { AuditLog } from '../audit/audit-log.js';
import { WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';
import { WebhookDeliveriesService } from './webhook-deliveries.service.js';
import type { WebhookDeliveryDocument } from './webhook-delivery.schema.js';
import { happeningsOf, isWanted } from './webhook-events.js';
import { WebhookFeed } from './webhook-feed.js';
import { WebhookWakes } from './webhook-wakes.js';
import type { WebhookDocument } from './webhook.schema.js';
import { WebhooksRepository } from './webhooks.repository.js';
import { WebhooksService } from './webhooks.service.js';

/** What one replay may cover. */
const MOST_EVENTS = 10_000;
const MOST_DAYS = 31;
/** Events queued in one transaction. */
const BATCH = 500;

/** Sends again what was sent, or what was missed. Receivers know repeated events by their id. */
@Injectable()
export class WebhookReplay {
  constructor(
    private readonly service: WebhooksService,
    private readonly reading: WebhookDeliveriesService,
    private readonly webhooks: WebhooksRepository,
    private readonly deliveries: WebhookDeliveriesRepository,
    private readonly events: CallEvents,
    private readonly feed: WebhookFeed,
    private readonly wakes: WebhookWakes,
    private readonly audit: AuditLog,
    private readonly work: UnitOfWork,
    private readonly clock: StoreClock,
  ) {}

  /**
   * Queues one delivery again, due now together with what its call still has to send before it,
   * also while the receiver has asked to be left alone.
   * @throws DomainError NOT_FOUND; CONFLICT while the webhook is disabled.
   */
  redeliver(publicId: string): Promise<WebhookDeliveryDocument> {
    return this.work.run(async () => {
      const delivery = await this.reading.findDocument(publicId);
      const webhook = delivery && (await this.webhooks.findById(delivery.webhookId));
      if (!webhook) throw notFound('webhook delivery');
      assertEnabled(webhook);
      const now = this.clock.now();
      const again = await this.deliveries.requeue(delivery._id, now);
      if (!again) throw notFound('webhook delivery');
      await this.deliveries.putOff(webhook._id, delivery.callId, now, delivery.position);
      await this.webhooks.unpause(webhook._id);
      await this.wakes.wake(webhook);
      await this.audit.record({
        action: 'webhook.redelivered',
        details: { webhookId: toPublicId('webhook', webhook._id), deliveryId: publicId },
      });
      return again;
    });
  }

  /**
   * Queues all events again that occurred from `from` on and before `to`, also those that were never sent because the
   * webhook was disabled or not there yet. Returns how many. Safe to repeat.
   * @throws DomainError NOT_FOUND; CONFLICT while the webhook is disabled; BAD_USER_INPUT for more than 31 days or
   * 10,000 events, which queues none of them.
   */
  async replay(publicId: string, from: Date, to: Date): Promise<number> {
    if (from >= to) throw badInput({ to: 'must be after `from`' });
    if (to.getTime() - from.getTime() > MOST_DAYS * 86_400_000)
      throw badInput({ from: `must be at most ${MOST_DAYS} days before \`to\`: replay in parts` });
    const webhook = await this.feed.enterEpoch(await this.service.load(publicId));
    if (!webhook) throw notFound('webhook');
    assertEnabled(webhook);
    const events = await this.events.between(from, to, {
      types: isWanted(webhook.events, 'unknown') ? null : happeningsOf(webhook.events),
      // What lies behind is on its way by itself.
      upTo: webhook.position,
      limit: MOST_EVENTS + 1,
    });
    if (events.length > MOST_EVENTS)
      throw badInput({ to: `covers more than ${MOST_EVENTS} events: replay in parts` });
    for (let start = 0; start < events.length; start += BATCH) {
      const batch = events.slice(start, start + BATCH);
      await this.work.run(async () => {
        const now = this.clock.now();
        const positions = batch.map(({ position }) => position ?? 0);
        const known = await this.deliveries.requeueAt(webhook._id, positions, now);
        const missing = batch.filter(({ position }) => !known.has(position ?? 0));
        await this.deliveries.addAll(webhook._id, missing, now);
        await this.wakes.wake(webhook);
      });
    }
    await this.audit.record({
      action: 'webhook.replayed',
      details: { webhookId: publicId, from: from.toISOString(), to: to.toISOString(), count: events.length },
    });
    return events.length;
  }
}

function assertEnabled({ isEnabled }: WebhookDocument): void {
  if (!isEnabled) throw conflict('The webhook is disabled: enable it first.');
}
