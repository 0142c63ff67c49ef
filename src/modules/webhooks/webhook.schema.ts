import { defineCollection } from '../../mongo/model-provider.js';
import { sealedText } from '../../vault/sealed-text.js';
import { type ScopedDocument, scopedSchema } from '../../tenancy/plugin/scoped-schema.js';
import { WEBHOOK_EVENT_TYPES, type WebhookEventType } from './webhook-events.js';

/** What the vault seals and opens the secrets with. */
export const WEBHOOK_SECRET_FIELD = 'webhookSecret';

/** A secret that has been replaced and still signs beside the new one. */
export interface OldSecret {
  readonly sealed: string;
  readonly until: Date;
}

/** An address of a tenant that is told of its calls' events. */
export interface WebhookDocument extends ScopedDocument {
  url: string;
  events: WebhookEventType[];
  isEnabled: boolean;
  /** When it was made, or enabled again: events are delivered from then on. */
  enabledAt: Date;
  /** Events up to this place in the tenant's feed have their deliveries, or need none. */
  position: number;
  /** The epoch of that place; missing: the first. */
  epoch?: number;
  /** Sealed by the vault. */
  sealedSecret: string;
  oldSecrets: OldSecret[];
  /** Since when no delivery has succeeded, though some were tried; null: the last one did. */
  failingSince: Date | null;
  /** Until when its receiver counts as slow; null, past or missing: it answers quickly, or has yet to be sent something. */
  slowUntil?: Date | null;
  /** Until when the receiver has asked to be left alone; null or past: it may be sent to. */
  pausedUntil: Date | null;
  createdAt: Date;
}

const schema = scopedSchema<WebhookDocument>({
  url: { type: String, required: true },
  events: { type: [{ type: String, enum: WEBHOOK_EVENT_TYPES }], required: true },
  isEnabled: { type: Boolean, required: true },
  enabledAt: { type: Date, required: true },
  position: { type: Number, required: true },
  epoch: { type: Number, default: 0 },
  sealedSecret: { ...sealedText(WEBHOOK_SECRET_FIELD), required: true },
  oldSecrets: [
    {
      _id: false,
      sealed: { ...sealedText(WEBHOOK_SECRET_FIELD), required: true },
      until: { type: Date, required: true },
    },
  ],
  failingSince: { type: Date, default: null },
  slowUntil: { type: Date, default: null },
  pausedUntil: { type: Date, default: null },
  createdAt: { type: Date, required: true },
});
// For WebhooksRepository.list and enabled.
schema.index({ tenantId: 1, createdAt: -1, _id: -1 });

export const WEBHOOKS = defineCollection<WebhookDocument>('Webhook', 'webhooks', schema);
