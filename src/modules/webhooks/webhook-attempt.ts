import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { CallEventDocument } from '../../events/call-event.schema.js';
import { CallEvents } from '../../events/call-events.js';
import { FeedCursors } from '../../events/feed-cursors.js';
import { LiveFeed } from '../../events/live-feed.js';
import { toPublicId } from '../../ids/public-id.js';
import { StoreClock } from '../../mongo/store-clock.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { Metrics } from '../../telemetry/metrics.js';
import { SealedValueError } from '../../vault/vault.js';
import { AuditLog } from '../audit/audit-log.js';
import type { ReceiverAnswer, ReceiverClient } from './receiver-client.js';
import { retryDelayMs } from './retry-schedule.js';
import { WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';
import type { WebhookDeliveryDocument } from './webhook-delivery.schema.js';
import { webhookPayload } from './webhook-payload.js';
import { type SignedHeaders, WebhookSecrets } from './webhook-secrets.js';
import type { WebhookDocument } from './webhook.schema.js';
import { WebhooksRepository } from './webhooks.repository.js';

/** How long the log keeps a delivery that is settled. */
const KEPT_MS = 30 * 86_400_000;
/** By this status a receiver says that it wants nothing more, ever. */
const GONE = 410;
/** An answer that takes longer is a slow one. */
const SLOW_MS = 1000;
/** What the admins of the tenant read where its secret cannot be opened. */
const NO_SECRET = 'The secret of the webhook cannot be read: rotate it';

/** Tries one delivery, and notes what became of it. */
@Injectable()
export class WebhookAttempt implements OnModuleDestroy {
  private readonly stopping = new AbortController();

  constructor(
    private readonly events: CallEvents,
    private readonly webhooks: WebhooksRepository,
    private readonly deliveries: WebhookDeliveriesRepository,
    private readonly secrets: WebhookSecrets,
    private readonly cursors: FeedCursors,
    private readonly feed: LiveFeed,
    private readonly audit: AuditLog,
    private readonly work: UnitOfWork,
    private readonly clock: StoreClock,
    private readonly metrics: Metrics,
  ) {}

  /** Whether the server is about to stop: then nothing more is sent. */
  get isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  /** Breaks off what is under way. It counts as not tried, and is sent again by whoever comes next. */
  onModuleDestroy(): void {
    this.stopping.abort(new Error('The server stops'));
  }

  /** Makes one try; `onSlow` is called once its answer takes long. @throws when the server stops meanwhile, or the store is away; the delivery then stays due. */
  async run(
    webhook: WebhookDocument,
    delivery: WebhookDeliveryDocument,
    client: ReceiverClient,
    onSlow: () => void,
  ): Promise<void> {
    const [event] = await this.events.after(delivery.position - 1, {}, 1);
    if (!event?._id.equals(delivery.eventId)) {
      // Retention has removed it.
      await this.deliveries.remove(delivery._id);
      return;
    }
    const stop = this.metrics.webhookAttempts.startTimer();
    const late = setTimeout(onSlow, SLOW_MS);
    const answer = await this.send(webhook, event, client).finally(() => {
      clearTimeout(late);
    });
    stop({ outcome: answer.error === null ? 'delivered' : answer.status === null ? 'no-answer' : 'refused' });
    if (answer.error === null) await this.succeed(webhook, delivery, answer);
    else await this.fail(webhook, delivery, answer);
  }

  private async send(
    webhook: WebhookDocument,
    event: CallEventDocument,
    client: ReceiverClient,
  ): Promise<ReceiverAnswer> {
    const position = { epoch: await this.feed.recentEpoch(), position: event.position ?? 0 };
    const body = webhookPayload(event, this.cursors.write(position));
    const id = toPublicId('event', event._id);
    const headers = this.signed(webhook, id, body);
    return headers
      ? client.post(body, { ...headers }, this.stopping.signal)
      : { status: null, error: NO_SECRET, retryAfterMs: null };
  }

  /** Null when the secret cannot be opened: nothing is sent unsigned, and the try counts as failed. */
  private signed(webhook: WebhookDocument, id: string, body: string): SignedHeaders | null {
    try {
      return this.secrets.sign(webhook, id, this.clock.now(), body);
    } catch (error) {
      if (!(error instanceof SealedValueError)) throw error;
      return null;
    }
  }

  private async succeed(
    webhook: WebhookDocument,
    delivery: WebhookDeliveryDocument,
    answer: ReceiverAnswer,
  ): Promise<void> {
    await this.settle(delivery, 'DELIVERED', answer);
    if (webhook.failingSince) await this.webhooks.markWorking(webhook._id);
  }

  private async fail(
    webhook: WebhookDocument,
    delivery: WebhookDeliveryDocument,
    answer: ReceiverAnswer,
  ): Promise<void> {
    const now = this.clock.now();
    await this.webhooks.markFailing(webhook._id, now);
    const delayMs = answer.status === GONE ? null : retryDelayMs(delivery.tries + 1);
    if (delayMs === null) {
      await this.giveUp(webhook, delivery, answer);
      return;
    }
    const pauseMs = answer.retryAfterMs ?? 0;
    if (pauseMs > 0) await this.webhooks.pause(webhook._id, new Date(now.getTime() + pauseMs));
    const nextAttemptAt = new Date(now.getTime() + Math.max(delayMs, pauseMs));
    const noted = await this.deliveries.noteTry(delivery, {
      status: 'PENDING',
      triedSince: delivery.triedSince ?? now,
      nextAttemptAt,
      responseStatus: answer.status,
      lastError: answer.error,
      expiresAt: null,
    });
    if (noted) await this.deliveries.putOff(webhook._id, delivery.callId, nextAttemptAt);
  }

  /** A receiver that has taken nothing since the first try of this delivery, days ago, is not sent to any more. */
  private async giveUp(
    webhook: WebhookDocument,
    delivery: WebhookDeliveryDocument,
    answer: ReceiverAnswer,
  ): Promise<void> {
    await this.work.run(async () => {
      await this.settle(delivery, 'FAILED', answer);
      const current = await this.webhooks.findById(webhook._id);
      const isSilent =
        current?.failingSince != null &&
        delivery.triedSince !== null &&
        current.failingSince <= delivery.triedSince;
      const reason =
        answer.status === GONE
          ? 'the receiver answered 410'
          : isSilent
            ? 'nothing was taken for three days'
            : null;
      if (reason === null || !(await this.webhooks.disable(webhook._id))) return;
      const details = { webhookId: toPublicId('webhook', webhook._id), reason };
      await this.audit.record({ action: 'webhook.disabled', details });
    });
  }

  /** What waits behind it in its call is due from now on, whenever this one was. */
  private async settle(
    delivery: WebhookDeliveryDocument,
    status: 'DELIVERED' | 'FAILED',
    answer: ReceiverAnswer,
  ): Promise<void> {
    const now = this.clock.now();
    await this.deliveries.noteTry(delivery, {
      status,
      triedSince: delivery.triedSince ?? now,
      nextAttemptAt: null,
      responseStatus: answer.status,
      lastError: answer.error,
      expiresAt: new Date(now.getTime() + KEPT_MS),
    });
    if (delivery.tries > 0) await this.deliveries.putOff(delivery.webhookId, delivery.callId, now);
  }
}
