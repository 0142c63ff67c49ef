import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { newObjectId, type ObjectId } from '../mongo/object-id.js';
import type { CredentialDocument } from './credential.schema.js';
import { Credentials } from './credentials.js';

/** How long a new tenant may be signed up with an invitation. */
const LIFETIME_MS = 7 * 86_400_000;

/** An invitation as the operator gets it; the token is stored nowhere. */
export interface IssuedTenantInvitation {
  readonly token: string;
  readonly expiresAt: Date;
  /** The id that the new tenant will have. */
  readonly tenantId: ObjectId;
}

/**
 * The operator's invitations to sign a tenant up. What is stored is the hash of token and address together: a token is
 * found with its address alone, and the address is kept nowhere.
 */
@Injectable()
export class TenantInvitations {
  constructor(private readonly credentials: Credentials) {}

  /** Makes an invitation for an address, which is in lower case. It counts once, within seven days. */
  async issue(email: string): Promise<IssuedTenantInvitation> {
    const token = randomBytes(32).toString('base64url');
    const tenantId = newObjectId();
    const expiresAt = new Date(Date.now() + LIFETIME_MS);
    await this.credentials.note(boundTo(email, token), {
      kind: 'tenant-invitation',
      tenantId,
      subjectId: tenantId,
      expiresAt,
    });
    return { token, expiresAt, tenantId };
  }

  /** Finds the invitation of a token; null when it is unknown, expired, used, or for another address. */
  find(email: string, token: string): Promise<CredentialDocument | null> {
    return this.credentials.find('tenant-invitation', boundTo(email, token));
  }

  /** Uses an invitation up, in the running transaction. Returns false when another request was faster. */
  use(email: string, token: string): Promise<boolean> {
    return this.credentials.use('tenant-invitation', boundTo(email, token));
  }

  /** Takes an invitation back, as when it could not be mailed. */
  async revoke(email: string, token: string): Promise<void> {
    await this.credentials.use('tenant-invitation', boundTo(email, token));
  }
}

/** A token holds no NUL, so no other pair makes the same text. */
const boundTo = (email: string, token: string): string => `${token}\0${email}`;
