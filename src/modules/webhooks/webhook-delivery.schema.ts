import { defineCollection } from '../../mongo/model-provider.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { type ScopedDocument, scopedSchema } from '../../tenancy/plugin/scoped-schema.js';

export const DELIVERY_STATUSES = ['PENDING', 'DELIVERED', 'FAILED'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/**
 * One event on its way to one webhook, and what became of it. What is sent is made from the stored event each time,
 * so nothing of its content stands here.
 */
export interface WebhookDeliveryDocument extends ScopedDocument {
  webhookId: ObjectId;
  eventId: ObjectId;
  callId: ObjectId;
  /** The event's place in the tenant's feed: deliveries of one call are made in this order. */
  position: number;
  status: DeliveryStatus;
  /** Tries in all. */
  attempts: number;
  /** Tries since it was last queued, and when the first of them was. */
  tries: number;
  triedSince: Date | null;
  /** Null once it is delivered or given up. */
  nextAttemptAt: Date | null;
  responseStatus: number | null;
  lastError: string | null;
  createdAt: Date;
  /** When the database removes it; null while it is pending. */
  expiresAt: Date | null;
}

const schema = scopedSchema<WebhookDeliveryDocument>({
  webhookId: { type: 'ObjectId', required: true },
  eventId: { type: 'ObjectId', required: true },
  callId: { type: 'ObjectId', required: true },
  position: { type: Number, required: true },
  status: { type: String, required: true, enum: DELIVERY_STATUSES },
  attempts: { type: Number, required: true },
  tries: { type: Number, required: true },
  triedSince: { type: Date, default: null },
  nextAttemptAt: { type: Date, default: null },
  responseStatus: { type: Number, default: null },
  lastError: { type: String, default: null },
  createdAt: { type: Date, required: true },
  expiresAt: { type: Date, default: null },
});
const pending = { partialFilterExpression: { status: 'PENDING' } };
// For WebhookDeliveriesRepository.requeue and removeUpTo; unique, so that a webhook has each event once.
schema.index({ tenantId: 1, webhookId: 1, position: 1 }, { unique: true });
// For WebhookDeliveriesRepository.page.
schema.index({ tenantId: 1, webhookId: 1, createdAt: -1, _id: -1 });
// For WebhookDeliveriesRepository.due and nextDueAt.
schema.index({ tenantId: 1, webhookId: 1, nextAttemptAt: 1, position: 1 }, pending);
// For WebhookDeliveriesRepository.firstOfCalls and putOff.
schema.index({ tenantId: 1, webhookId: 1, callId: 1, position: 1 }, pending);
// The log of what is settled is kept for a while only.
schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

export const WEBHOOK_DELIVERIES = defineCollection<WebhookDeliveryDocument>(
  'WebhookDelivery',
  'webhookDeliveries',
  schema,
);
