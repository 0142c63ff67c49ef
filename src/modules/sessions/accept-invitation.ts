import { Injectable } from '@nestjs/common';
import type { CredentialDocument } from '../../auth/credential.schema.js';
import { AttemptLimits } from '../../auth/attempt-limits.js';
import { Credentials } from '../../auth/credentials.js';
import { Passwords } from '../../auth/passwords.js';
import { UsersRepository } from '../../auth/users.repository.js';
import { badInput, conflict } from '../../errors/domain-error.js';
import { toPublicId } from '../../ids/public-id.js';
import { isDuplicateKey } from '../../mongo/duplicate-key.js';
import { newObjectId } from '../../mongo/object-id.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import type { TenantDocument } from '../../tenancy/tenant.schema.js';
import { AuditLog } from '../audit/audit-log.js';
import { InvitationsService } from '../users/invitations.service.js';
import type { AcceptInvitationInput } from './accept-invitation.input.js';
import { type OpenedSession, SessionOpener } from './session-opener.js';
import { TokenTenant } from './token-tenant.js';

/** Turns invited people into users. */
@Injectable()
export class AcceptInvitation {
  constructor(
    private readonly credentials: Credentials,
    private readonly tokenTenant: TokenTenant,
    private readonly invitations: InvitationsService,
    private readonly users: UsersRepository,
    private readonly passwords: Passwords,
    private readonly opener: SessionOpener,
    private readonly limits: AttemptLimits,
    private readonly audit: AuditLog,
    private readonly work: UnitOfWork,
  ) {}

  /**
   * Makes the user and his first session, in the tenant that the token leads to, and uses the token up.
   * @throws DomainError BAD_USER_INPUT for a token that is unknown, used, revoked or expired, RATE_LIMITED after too many of those, and as
   * TokenTenant.enter.
   */
  async run(input: AcceptInvitationInput): Promise<OpenedSession> {
    await this.limits.take('invitation-token');
    const entry = await this.credentials.find('invitation', input.token);
    if (!entry) throw unusable();
    await this.limits.giveBack('invitation-token');
    return this.tokenTenant.enter(entry, async tenant => {
      // Asked before hashing, which is dear; the transaction decides.
      const email = await this.invitations.addressee(entry.subjectId);
      if (email === null) throw unusable();
      const passwordHash = await this.passwords.hashNew(input.password, 'input.password', [email]);
      try {
        return await this.work.run(() => this.join(entry, tenant, input.name ?? null, passwordHash));
      } catch (error) {
        throw isDuplicateKey(error) ? conflict('Somebody in this tenant has that e-mail address.') : error;
      }
    });
  }

  private async join(
    entry: CredentialDocument,
    tenant: TenantDocument,
    name: string | null,
    passwordHash: string,
  ): Promise<OpenedSession> {
    const invitation = await this.invitations.accept(entry.subjectId);
    if (!invitation) throw unusable();
    const now = new Date();
    const user = await this.users.add({
      _id: newObjectId(),
      email: invitation.email,
      name,
      passwordHash,
      role: invitation.role,
      isActive: true,
      createdAt: now,
      lastLoginAt: now,
    });
    await this.audit.record({
      action: 'user.joined',
      details: { invitationId: toPublicId('invitation', invitation._id), role: user.role },
      actor: { id: user._id, label: user.email },
    });
    return this.opener.open(user, tenant);
  }
}

const unusable = () => badInput({ 'input.token': 'is not an open invitation' });
