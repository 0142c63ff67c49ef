import { Args, ID, Int, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../auth/allow.js';
import type { Connection } from '../../pagination/connection.js';
import { DateTime } from '../../schema/scalars.js';
import { CreateWebhookInput } from './create-webhook.input.js';
import { WebhookChanges } from './webhook-changes.js';
import { WebhookDeliveriesService } from './webhook-deliveries.service.js';
import {
  WebhookDeliveryConnection,
  WebhookDeliveryModel,
  webhookDeliveryModel,
} from './webhook-delivery.model.js';
import { WebhookReplay } from './webhook-replay.js';
import { CreateWebhookPayload, WebhookModel, webhookModel } from './webhook.model.js';
import { WebhookDeliveriesArgs } from './webhooks.args.js';
import { WebhooksService } from './webhooks.service.js';
import { FIELD_COST } from '../../schema/field-costs.js';

const ID_TYPE = { type: () => ID };

@Resolver(() => WebhookModel)
export class WebhooksResolver {
  constructor(
    private readonly reading: WebhooksService,
    private readonly deliveriesOf: WebhookDeliveriesService,
    private readonly changes: WebhookChanges,
    private readonly replays: WebhookReplay,
  ) {}

  @Query(() => [WebhookModel], { description: "The tenant's webhooks, newest first. For admins." })
  @Allow('webhooks:manage')
  webhooks(): Promise<WebhookModel[]> {
    return this.reading.list();
  }

  @ResolveField(() => WebhookDeliveryConnection, {
    description: 'What was sent, or is to be; newest first.',
    complexity: FIELD_COST.ownQuery,
  })
  deliveries(
    @Parent() webhook: WebhookModel,
    @Args() page: WebhookDeliveriesArgs,
  ): Promise<Connection<WebhookDeliveryModel>> {
    return this.deliveriesOf.list(webhook.id, page);
  }

  @Mutation(() => CreateWebhookPayload, {
    description:
      'Makes a webhook, which is told of what happens from now on. At most 20: CONFLICT. For admins, and keys with CALLS_READ too.',
  })
  @Allow('webhooks:manage')
  async createWebhook(@Args('input') input: CreateWebhookInput): Promise<CreateWebhookPayload> {
    const { webhook, secret } = await this.changes.create(input);
    return { webhook: webhookModel(webhook), secret };
  }

  @Mutation(() => WebhookModel, {
    description:
      'Disables a webhook, or enables it again: then it gets what it is still owed and what happens from now on. Events of the time between are not sent by themselves: see replayWebhook. For admins.',
  })
  @Allow('webhooks:manage')
  async setWebhookEnabled(
    @Args('id', ID_TYPE) id: string,
    @Args('isEnabled') isEnabled: boolean,
  ): Promise<WebhookModel> {
    return webhookModel(await this.changes.setEnabled(id, isEnabled));
  }

  @Mutation(() => ID, {
    description: 'Deletes a webhook with its deliveries and returns its id. For admins.',
  })
  @Allow('webhooks:manage')
  async deleteWebhook(@Args('id', ID_TYPE) id: string): Promise<string> {
    await this.changes.delete(id);
    return id;
  }

  @Mutation(() => WebhookDeliveryModel, {
    description:
      'Sends one event again, with the same id. The webhook must be enabled: CONFLICT. For admins.',
  })
  @Allow('webhooks:manage')
  async redeliverWebhook(@Args('deliveryId', ID_TYPE) deliveryId: string): Promise<WebhookDeliveryModel> {
    return webhookDeliveryModel(await this.replays.redeliver(deliveryId));
  }

  @Mutation(() => Int, {
    description:
      'Sends all events again that occurred from `from` on and before `to`, also those that were never sent; returns how many were queued. At most 31 days and 10000 events at a time. The webhook must be enabled: CONFLICT. For admins.',
  })
  @Allow('webhooks:manage')
  replayWebhook(
    @Args('id', ID_TYPE) id: string,
    @Args('from', { type: () => DateTime }) from: Date,
    @Args('to', { type: () => DateTime }) to: Date,
  ): Promise<number> {
    return this.replays.replay(id, from, to);
  }

  @Mutation(() => CreateWebhookPayload, {
    description: 'Gives a webhook a new secret. The old one signs too for 24 hours. For admins.',
  })
  @Allow('webhooks:manage')
  async rotateWebhookSecret(@Args('id', ID_TYPE) id: string): Promise<CreateWebhookPayload> {
    const { webhook, secret } = await this.changes.rotateSecret(id);
    return { webhook: webhookModel(webhook), secret };
  }
}
