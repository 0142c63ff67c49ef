import { defineCollection } from '../mongo/model-provider.js';
import type { ObjectId } from '../mongo/object-id.js';
import { type ScopedDocument, scopedSchema } from '../tenancy/plugin/scoped-schema.js';
import { API_KEY_SCOPES, type ApiKeyScope } from '../tenancy/viewer.js';

/** A program's credential. Never changes but for its end and its last use; a revoked one stays, as the calls do that it made. */
export interface ApiKeyDocument extends ScopedDocument {
  name: string;
  scopes: ApiKeyScope[];
  /** SHA-256 of the whole key, in hex; the key itself is stored nowhere. */
  hash: string;
  /** The key's last four characters, by which its owner tells it from others. */
  lastFour: string;
  createdById: ObjectId | null;
  createdAt: Date;
  /** null: it counts until it is revoked. */
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  revokedAt: Date | null;
}

const schema = scopedSchema<ApiKeyDocument>({
  name: { type: String, required: true },
  scopes: { type: [{ type: String, enum: API_KEY_SCOPES }], required: true },
  hash: { type: String, required: true },
  lastFour: { type: String, required: true },
  createdById: { type: 'ObjectId', default: null },
  createdAt: { type: Date, required: true },
  expiresAt: { type: Date, default: null },
  lastUsedAt: { type: Date, default: null },
  revokedAt: { type: Date, default: null },
});
// For ApiKeysRepository.open and countOpen.
schema.index({ tenantId: 1, revokedAt: 1, createdAt: -1, _id: -1 });

export const API_KEYS = defineCollection<ApiKeyDocument>('ApiKey', 'apiKeys', schema);
