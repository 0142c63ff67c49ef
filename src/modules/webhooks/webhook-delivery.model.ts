import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { toPublicId } from '../../ids/public-id.js';
import { ConnectionOf } from '../../pagination/connection.model.js';
import { enumOf } from '../../schema/enums.js';
import { Node } from '../../schema/node.model.js';
import { DateTime } from '../../schema/scalars.js';
import {
  DELIVERY_STATUSES,
  type DeliveryStatus,
  type WebhookDeliveryDocument,
} from './webhook-delivery.schema.js';

export const WebhookDeliveryStatusEnum = enumOf(
  'WebhookDeliveryStatus',
  DELIVERY_STATUSES,
  'PENDING: to be tried, or tried again. DELIVERED: answered with 2xx. FAILED: given up.',
);

@ObjectType('WebhookDelivery', {
  implements: () => [Node],
  description: 'One event on its way to a webhook. What is settled is kept for 30 days.',
})
export class WebhookDeliveryModel implements Node {
  id!: string;

  @Field(() => ID, { description: 'The event; also what is sent as `webhook-id`.' })
  eventId!: string;

  @Field(() => WebhookDeliveryStatusEnum)
  status!: DeliveryStatus;

  @Field(() => Int, { description: 'How often it was tried.' })
  attempts!: number;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it is tried next, unless an earlier event of its call fails; null: never.',
  })
  nextAttemptAt!: Date | null;

  @Field(() => Int, {
    nullable: true,
    description: "The HTTP status of the last try's answer; null: there was none.",
  })
  responseStatus!: number | null;

  @Field(() => String, { nullable: true, description: 'Why the last try failed; null: it did not.' })
  lastError!: string | null;

  @Field(() => DateTime)
  createdAt!: Date;
}

@ObjectType()
export class WebhookDeliveryConnection extends ConnectionOf(WebhookDeliveryModel, 'WebhookDelivery') {}

/** What clients see of a delivery. */
export function webhookDeliveryModel(delivery: WebhookDeliveryDocument): WebhookDeliveryModel {
  const { status, attempts, nextAttemptAt, responseStatus, lastError, createdAt } = delivery;
  return {
    id: toPublicId('delivery', delivery._id),
    eventId: toPublicId('event', delivery.eventId),
    status,
    attempts,
    nextAttemptAt,
    responseStatus,
    lastError,
    createdAt,
  };
}
