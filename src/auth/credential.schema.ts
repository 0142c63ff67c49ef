import { defineCollection } from '../mongo/model-provider.js';
import type { ObjectId } from '../mongo/object-id.js';
import { systemSchema } from '../tenancy/plugin/system-schema.js';

/** What a token without a tenant's name is for. */
export type CredentialKind = 'refresh' | 'invitation';

/** Leads from a token's hash to its tenant. Global data, since the token is all that the sender has. */
export interface CredentialDocument {
  /** SHA-256 of the token, in hex. */
  _id: string;
  kind: CredentialKind;
  tenantId: ObjectId;
  /** The session or invitation that the token is for. */
  subjectId: ObjectId;
  expiresAt: Date;
}

const schema = systemSchema<CredentialDocument>('global', {
  _id: { type: String, required: true },
  kind: { type: String, required: true, enum: ['refresh', 'invitation'] },
  tenantId: { type: 'ObjectId', required: true },
  subjectId: { type: 'ObjectId', required: true },
  expiresAt: { type: Date, required: true },
} as never);
// Entries of expired tokens are removed by the database.
schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
// For Credentials.revoke.
schema.index({ subjectId: 1, kind: 1 });

export const CREDENTIALS = defineCollection<CredentialDocument>('Credential', 'credentials', schema);
