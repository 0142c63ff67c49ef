import { defineCollection } from '../../mongo/model-provider.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { type ScopedDocument, scopedSchema } from '../../tenancy/plugin/scoped-schema.js';
import type { Role } from '../../tenancy/viewer.js';

/** An address that may become a user. Its token's hash is kept with the credentials, the token nowhere. */
export interface InvitationDocument extends ScopedDocument {
  /** Lower case. */
  email: string;
  role: Role;
  /** Who invited; null for the server itself. */
  invitedById: ObjectId | null;
  createdAt: Date;
  expiresAt: Date;
  acceptedAt: Date | null;
  /** False once it was accepted, revoked or replaced. */
  isOpen: boolean;
}

const schema = scopedSchema<InvitationDocument>({
  email: { type: String, required: true },
  role: { type: String, required: true, enum: ['ADMIN', 'USER'] },
  invitedById: { type: 'ObjectId', default: null },
  createdAt: { type: Date, required: true },
  expiresAt: { type: Date, required: true },
  acceptedAt: { type: Date, default: null },
  isOpen: { type: Boolean, required: true },
});
// For InvitationsRepository.closeFor; unique, so that an address never has two open invitations.
schema.index({ tenantId: 1, email: 1 }, { unique: true, partialFilterExpression: { isOpen: true } });
// For InvitationsRepository.open and countOpen.
schema.index({ tenantId: 1, isOpen: 1, createdAt: -1, _id: -1 });
// Invitations long past their end are removed by the database.
schema.index({ expiresAt: 1 }, { expireAfterSeconds: 30 * 86_400 });

export const INVITATIONS = defineCollection<InvitationDocument>('Invitation', 'invitations', schema);
