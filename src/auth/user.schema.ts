import { defineCollection } from '../mongo/model-provider.js';
import { type ScopedDocument, scopedSchema } from '../tenancy/plugin/scoped-schema.js';
import type { LegalHold } from '../tenancy/tenant.schema.js';
import type { Role } from '../tenancy/viewer.js';

/** A person of a tenant. */
export interface UserDocument extends ScopedDocument {
  /** Lower case; unique in the tenant. */
  email: string;
  name: string | null;
  /** argon2id, with its parameters. */
  passwordHash: string;
  role: Role;
  isActive: boolean;
  createdAt: Date;
  lastLoginAt: Date | null;
  /** Null or absent: there is none. */
  hold?: LegalHold | null;
}

const schema = scopedSchema<UserDocument>({
  email: { type: String, required: true },
  name: { type: String, default: null },
  passwordHash: { type: String, required: true },
  role: { type: String, required: true, enum: ['ADMIN', 'USER'] },
  isActive: { type: Boolean, required: true },
  createdAt: { type: Date, required: true },
  lastLoginAt: { type: Date, default: null },
  hold: { type: Object, default: null },
});
// For Users.findByEmail; also what keeps an address unique in its tenant.
schema.index({ tenantId: 1, email: 1 }, { unique: true });
// For Users.page with a role, and Users.countActiveAdmins.
schema.index({ tenantId: 1, role: 1, createdAt: -1, _id: -1 });
// For Users.page without a role.
schema.index({ tenantId: 1, createdAt: -1, _id: -1 });

export const USERS = defineCollection<UserDocument>('User', 'users', schema);
