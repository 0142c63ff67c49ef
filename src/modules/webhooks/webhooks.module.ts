import { Resolver } from 'node:dns/promises';
import { Module } from '@nestjs/common';
import { modelProvider } from '../../mongo/model-provider.js';
import { RECEIVER_DNS, ReceiverAddresses } from './receiver-addresses.js';
import { ReceiverUrl } from './receiver-url.js';
import { WebhookAttempt } from './webhook-attempt.js';
import { WebhookChanges } from './webhook-changes.js';
import { WebhookCourier } from './webhook-courier.js';
import { WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';
import { WebhookDeliveriesService } from './webhook-deliveries.service.js';
import { WEBHOOK_DELIVERIES } from './webhook-delivery.schema.js';
import { WebhookFeed } from './webhook-feed.js';
import { WebhookReplay } from './webhook-replay.js';
import { WebhookSecrets } from './webhook-secrets.js';
import { WebhookWakes } from './webhook-wakes.js';
import { WEBHOOKS } from './webhook.schema.js';
import { WebhooksRepository } from './webhooks.repository.js';
import { WebhooksResolver } from './webhooks.resolver.js';
import { WebhooksService } from './webhooks.service.js';

/** Tenants' own servers are told of what happens to their calls: signed, at least once, each call's events in order. */
@Module({
  providers: [
    modelProvider(WEBHOOKS),
    modelProvider(WEBHOOK_DELIVERIES),
    { provide: RECEIVER_DNS, useFactory: () => new Resolver({ timeout: 2000, tries: 2 }) },
    ReceiverAddresses,
    ReceiverUrl,
    WebhookAttempt,
    WebhookChanges,
    WebhookCourier,
    WebhookDeliveriesRepository,
    WebhookDeliveriesService,
    WebhookFeed,
    WebhookReplay,
    WebhookSecrets,
    WebhooksRepository,
    WebhooksResolver,
    WebhooksService,
    WebhookWakes,
  ],
  exports: [WebhookDeliveriesService, WebhooksService],
})
export class WebhooksModule {}
