import { defineCollection } from '../mongo/model-provider.js';
import type { ObjectId } from '../mongo/object-id.js';
import { systemSchema } from '../tenancy/plugin/system-schema.js';

/** What a token without a tenant's name is for. */
export const CREDENTIAL_KINDS = [
  'refresh',
  'invitation',
  'password-reset',
  'verification',
  'tenant-invitation',
  'key',
] as const;
export type CredentialKind = (typeof CREDENTIAL_KINDS)[number];

/** Leads from a token's hash to its tenant. Global data, since the token is all that the sender has. */
export interface CredentialDocument {
  /** SHA-256 of the token, or of an API key's public part, in hex. */
  _id: string;
  kind: CredentialKind;
  tenantId: ObjectId;
  /** The session, invitation, password reset, verification mail or API key that the token is for. */
  subjectId: ObjectId;
  /** null: it has no end of its own. */
  expiresAt: Date | null;
  /** When a refresh token was exchanged for another one, by StoreClock; absent: it was not. */
  exchangedAt?: Date;
}

const schema = systemSchema<CredentialDocument>('global', {
  _id: { type: String, required: true },
  kind: { type: String, required: true, enum: CREDENTIAL_KINDS },
  tenantId: { type: 'ObjectId', required: true },
  subjectId: { type: 'ObjectId', required: true },
  expiresAt: { type: Date, default: null },
  exchangedAt: { type: Date },
} as never);
// Entries of expired tokens are removed by the database.
schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
// For Credentials.revoke.
schema.index({ subjectId: 1, kind: 1 });

export const CREDENTIALS = defineCollection<CredentialDocument>('Credential', 'credentials', schema);
