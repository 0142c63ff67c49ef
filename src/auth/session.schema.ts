import { defineCollection } from '../mongo/model-provider.js';
import type { ObjectId } from '../mongo/object-id.js';
import type { Role } from '../tenancy/viewer.js';
import { type ScopedDocument, scopedSchema } from '../tenancy/plugin/scoped-schema.js';

/** What access tokens name: one sign-in, or a part of it during which the user's rights stayed the same. */
export interface SessionDocument extends ScopedDocument {
  userId: ObjectId;
  /** The sign-in: the family of all refresh tokens that descend from it. */
  familyId: ObjectId;
  /** The user's rights when it was opened. */
  role: Role;
  /** Hash of the one refresh token that counts now. */
  refreshHash: string;
  createdAt: Date;
  expiresAt: Date;
  /** Set once the session is over; nothing revives it. */
  endedAt: Date | null;
}

const schema = scopedSchema<SessionDocument>({
  userId: { type: 'ObjectId', required: true },
  familyId: { type: 'ObjectId', required: true },
  role: { type: String, required: true, enum: ['ADMIN', 'USER'] },
  refreshHash: { type: String, required: true },
  createdAt: { type: Date, required: true },
  expiresAt: { type: Date, required: true },
  endedAt: { type: Date, default: null },
});
// For SessionsRepository.endAllOf, hasOpen and endFamily.
schema.index({ tenantId: 1, userId: 1, endedAt: 1 });
// Sessions past their end are removed by the database.
schema.index({ expiresAt: 1 }, { expireAfterSeconds: 86_400 });

export const SESSIONS = defineCollection<SessionDocument>('Session', 'sessions', schema);
