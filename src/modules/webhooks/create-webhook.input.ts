import { Field, InputType } from '@nestjs/graphql';
import { z } from 'zod';
import { Rule } from '../../validation/rule.js';
import { WEBHOOK_EVENT_TYPES, type WebhookEventType } from './webhook-events.js';
import { WebhookEventTypeEnum } from './webhook.model.js';

@InputType({ description: 'A new webhook.' })
export class CreateWebhookInput {
  @Field({
    description: 'Where events are posted to: https, with a public address; at most 2000 characters.',
  })
  @Rule(z.string().trim().max(2000, 'must have at most 2000 characters'))
  url!: string;

  @Field(() => [WebhookEventTypeEnum], { description: 'What it is told of; at least one.' })
  @Rule(
    z
      .array(z.enum(WEBHOOK_EVENT_TYPES))
      .min(1, 'must not be empty')
      .max(50, 'must have at most 50 entries')
      .transform(events => [...new Set(events)]),
  )
  events!: WebhookEventType[];
}
