import { defineCollection } from '../../mongo/model-provider.js';
import { type ScopedDocument, scopedSchema } from '../../tenancy/plugin/scoped-schema.js';

/** That somebody has asked for a new password, whether there is an account of that address or not. */
export interface PasswordResetDocument extends ScopedDocument {
  /** Lower case. */
  email: string;
  createdAt: Date;
  expiresAt: Date;
  /** False once a password was set, by this or in any other way. */
  isOpen: boolean;
}

const schema = scopedSchema<PasswordResetDocument>({
  email: { type: String, required: true },
  createdAt: { type: Date, required: true },
  expiresAt: { type: Date, required: true },
  isOpen: { type: Boolean, required: true },
});
// For PasswordResetsRepository.openOf.
schema.index({ tenantId: 1, email: 1, isOpen: 1 });
// Requests past their end are removed by the database.
schema.index({ expiresAt: 1 }, { expireAfterSeconds: 86_400 });

export const PASSWORD_RESETS = defineCollection<PasswordResetDocument>(
  'PasswordReset',
  'passwordResets',
  schema,
);
