import { Injectable } from '@nestjs/common';
import { CallEvents } from '../../events/call-events.js';
import { FIRST_EPOCH } from '../../events/stream-head.schema.js';
import { type StreamHead, StreamHeads } from '../../events/stream-heads.js';
import { StoreClock } from '../../mongo/store-clock.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';
import { isWanted } from './webhook-events.js';
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
    private readonly heads: StreamHeads,
    private readonly work: UnitOfWork,
    private readonly clock: StoreClock,
  ) {}

  /**
   * Takes a webhook over into the feed as it is after the database was set back: it goes on behind the last event that
   * both histories have, and what was queued of events that are gone goes. Joins the running transaction. Nothing is
   * done where the webhook's place is of the present epoch.
   * @param known the head as it was before the running transaction gave places behind it.
   * @returns the webhook as it is then; null when it was deleted meanwhile.
   */
  async enterEpoch(webhook: WebhookDocument, known?: StreamHead): Promise<WebhookDocument | null> {
    if (isPresent(webhook, known ?? (await this.heads.read('calls')))) return webhook;
    return this.work.run(async () => {
      const head = known ?? (await this.heads.read('calls'));
      const current = await this.webhooks.findById(webhook._id);
      if (!current || isPresent(current, head)) return current;
      const kept = (current.epoch ?? FIRST_EPOCH) < head.epoch ? head.epochStart : head.position;
      await this.deliveries.removeBehind(current._id, kept);
      return this.webhooks.moveTo(current._id, {
        epoch: head.epoch,
        position: Math.min(current.position, kept),
      });
    });
  }

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
      current = await this.work.run(async () => {
        const moved = await this.webhooks.advance(from, end);
        if (moved) {
          const events = page.filter(({ happening }) => isWanted(from.events, happening.type));
          await this.deliveries.addAll(from._id, events, this.clock.now());
        }
        return moved;
      });
    }
    return current;
  }
}

/** A place ahead of the head says that the database was set back too. */
const isPresent = ({ epoch = FIRST_EPOCH, position }: WebhookDocument, head: StreamHead): boolean =>
  epoch === head.epoch && position <= head.position;
