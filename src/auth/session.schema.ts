import { defineCollection } from '../mongo/model-provider.js';
import type { ObjectId } from '../mongo/object-id.js';
import { type ScopedDocument, scopedSchema } from '../tenancy/plugin/scoped-schema.js';

/** One sign-in: the family of refresh tokens that descend from it, and the access tokens that name it. */
export interface SessionDocument extends ScopedDocument {
  userId: ObjectId;
  /** Hash of the one refresh token that counts now. */
  refreshHash: string;
  createdAt: Date;
  expiresAt: Date;
  /** Set once the session is over; nothing revives it. */
  endedAt: Date | null;
}

const schema = scopedSchema<SessionDocument>({
  userId: { type: 'ObjectId', required: true },
  refreshHash: { type: String, required: true },
  createdAt: { type: Date, required: true },
  expiresAt: { type: Date, required: true },
  endedAt: { type: Date, default: null },
});
// For Sessions.endAllOf.
schema.index({ tenantId: 1, userId: 1, endedAt: 1 });
// Sessions past their end are removed by the database.
schema.index({ expiresAt: 1 }, { expireAfterSeconds: 86_400 });

export const SESSIONS = defineCollection<SessionDocument>('Session', 'sessions', schema);
