import { Field, ObjectType } from '@nestjs/graphql';
import { toPublicId } from '../../ids/public-id.js';
import { enumOf } from '../../schema/enums.js';
import { Node } from '../../schema/node.model.js';
import { DateTime } from '../../schema/scalars.js';
import { knownEvents, WEBHOOK_EVENT_TYPES, type WebhookEventType } from './webhook-events.js';
import type { WebhookDocument } from './webhook.schema.js';

export const WebhookEventTypeEnum = enumOf(
  'WebhookEventType',
  WEBHOOK_EVENT_TYPES,
  'What a webhook can be told of.',
);

@ObjectType('Webhook', {
  implements: () => [Node],
  description: "An address that is told of the events of the tenant's calls.",
})
export class WebhookModel implements Node {
  id!: string;

  @Field()
  url!: string;

  @Field(() => [WebhookEventTypeEnum], { description: 'What it is told of.' })
  events!: WebhookEventType[];

  @Field({
    description:
      'Whether events are sent to it. It is disabled by an answer of 410, and after three days without success; the audit log says when and why.',
  })
  isEnabled!: boolean;

  @Field(() => DateTime)
  createdAt!: Date;
}

@ObjectType({ description: 'A webhook, and the secret that it is signed with.' })
export class CreateWebhookPayload {
  @Field(() => WebhookModel)
  webhook!: WebhookModel;

  @Field({ description: 'Shown this once. Signatures follow Standard Webhooks.' })
  secret!: string;
}

/** What clients see of a webhook. */
export function webhookModel({ _id, url, events, isEnabled, createdAt }: WebhookDocument): WebhookModel {
  return { id: toPublicId('webhook', _id), url, events: knownEvents(events), isEnabled, createdAt };
}
