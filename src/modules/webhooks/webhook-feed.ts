import { Injectable } from '@nestjs/common';
import { CallEvents } from '../../events/call-events.js';
import { StoreClock } from '../../mongo/store-clock.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';
import { happeningsOf } from './webhook-events.js';
import type { WebhookDocument } from './webhook.schema.js';
import { WebhooksRepository } from './webhooks.repository.js';

const PAGE = 200;

/** Follows the tenant's feed for its webhooks: each event that one wants gets a delivery, in the feed's order. */
@Injectable()
export class WebhookFeed {
  constructor(
    private readonly events: CallEvents,
    private readonly webhooks: WebhooksRepository,
    private readonly deliveries: WebhookDeliveriesRepository,
    private readonly work: UnitOfWork,
    private readonly clock: StoreClock,
  ) {}

  /**
   * Queues what has come since a webhook's place in the feed, and moves it on, in one transaction: each event is queued
   * once, whoever dies meanwhile.
   * @returns the webhook as it is then; null when somebody else has moved it, or it takes no events any more.
   */
  async queueNew(webhook: WebhookDocument): Promise<WebhookDocument | null> {
    let current: WebhookDocument | null = webhook;
    while (current) {
      const page = await this.events.sealedAfter(current.position, {}, PAGE);
      const end = page.at(-1)?.position;
      if (end == null) break;
      const from: WebhookDocument = current;
      const wanted = happeningsOf(from.events);
      current = await this.work.run(async () => {
        const moved = await this.webhooks.advance(from, end);
        if (moved) {
          const events = page.filter(({ happening }) => wanted.includes(happening.type));
          await this.deliveries.addAll(from._id, events, this.clock.now());
        }
        return moved;
      });
    }
    return current;
  }
}
