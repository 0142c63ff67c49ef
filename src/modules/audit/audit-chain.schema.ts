import { defineCollection } from '../../mongo/model-provider.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { type ScopedDocument, scopedSchema } from '../../tenancy/plugin/scoped-schema.js';

/** A link of a tenant's audit chain. Links are only ever inserted. */
export interface AuditLinkDocument extends ScopedDocument {
  /** 1, 2, 3 … within the tenant, without gaps. */
  sequence: number;
  auditId: ObjectId;
  /** Covers the audit row and the hash before it. */
  hash: string;
}

const schema = scopedSchema<AuditLinkDocument>({
  sequence: { type: Number, required: true },
  auditId: { type: 'ObjectId', required: true },
  hash: { type: String, required: true },
});
// For AuditChain.after; unique, so that the chain never forks.
schema.index({ tenantId: 1, sequence: 1 }, { unique: true });
// For AuditChain.linksOf; unique, so that no row is linked twice.
schema.index({ tenantId: 1, auditId: 1 }, { unique: true });

export const AUDIT_CHAIN = defineCollection<AuditLinkDocument>(
  'AuditLink',
  'auditChain',
  schema,
  'insert-only',
);
