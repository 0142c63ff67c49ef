import { defineCollection } from '../../mongo/model-provider.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { type ScopedDocument, scopedSchema } from '../../tenancy/plugin/scoped-schema.js';

/** A value that JSON can hold. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** One row of the audit log: written in the transaction of what it tells of, and never changed. */
export interface AuditDocument extends ScopedDocument {
  action: string;
  actorId: ObjectId | null;
  /** Who it was, in words that stay readable. */
  actorLabel: string;
  /** JSON only: see JsonValue. */
  details: Record<string, unknown>;
  ip: string | null;
  userAgent: string | null;
  requestId: string;
  occurredAt: Date;
}

const schema = scopedSchema<AuditDocument>({
  action: { type: String, required: true },
  actorId: { type: 'ObjectId', default: null },
  actorLabel: { type: String, required: true },
  details: { type: Object, required: true },
  ip: { type: String, default: null },
  userAgent: { type: String, default: null },
  requestId: { type: String, required: true },
  occurredAt: { type: Date, required: true },
});
// For AuditRepository.page without a filter.
schema.index({ tenantId: 1, occurredAt: -1, _id: -1 });
// For AuditRepository.page by action, and by actor.
schema.index({ tenantId: 1, action: 1, occurredAt: -1, _id: -1 });
schema.index({ tenantId: 1, actorId: 1, occurredAt: -1, _id: -1 });

export const AUDIT_EVENTS = defineCollection<AuditDocument>('AuditEvent', 'auditEvents', schema);
