import { defineCollection } from '../../mongo/model-provider.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { type ScopedDocument, scopedSchema } from '../../tenancy/plugin/scoped-schema.js';

/** A value that JSON can hold. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/**
 * One row of the audit log: written in the transaction of what it tells of, and never changed. What tells who a person
 * is stands in it sealed, so that it can be made unreadable: see AuditReader.
 */
export interface AuditDocument extends ScopedDocument {
  action: string;
  actorId: ObjectId | null;
  /** What it was that did it, in words; null where it was a person. */
  actorLabel: string | null;
  /** JSON only: see JsonValue. */
  details: Record<string, unknown>;
  /** Null, like the user agent, where a person did it. */
  ip: string | null;
  userAgent: string | null;
  /** Who did it and from where, sealed with the person's key. */
  sealedOrigin: string | null;
  /** Details that tell of a person, sealed with that person's key. */
  sealedDetails: string | null;
  requestId: string;
  occurredAt: Date;
}

const schema = scopedSchema<AuditDocument>({
  action: { type: String, required: true },
  actorId: { type: 'ObjectId', default: null },
  actorLabel: { type: String, default: null },
  details: { type: Object, required: true },
  ip: { type: String, default: null },
  userAgent: { type: String, default: null },
  sealedOrigin: { type: String, default: null },
  sealedDetails: { type: String, default: null },
  requestId: { type: String, required: true },
  occurredAt: { type: Date, required: true },
});
// For AuditRepository.page without a filter.
schema.index({ tenantId: 1, occurredAt: -1, _id: -1 });
// For AuditRepository.page by action, and by actor.
schema.index({ tenantId: 1, action: 1, occurredAt: -1, _id: -1 });
schema.index({ tenantId: 1, actorId: 1, occurredAt: -1, _id: -1 });

export const AUDIT_EVENTS = defineCollection<AuditDocument>(
  'AuditEvent',
  'auditEvents',
  schema,
  'insert-only',
);
