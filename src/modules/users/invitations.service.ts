import { Injectable } from '@nestjs/common';
import { AttemptLimits } from '../../auth/attempt-limits.js';
import { Credentials } from '../../auth/credentials.js';
import { isAllowed } from '../../auth/permissions.js';
import { UsersRepository } from '../../auth/users.repository.js';
import { conflict, notFound } from '../../errors/domain-error.js';
import { fromPublicId, toPublicId } from '../../ids/public-id.js';
import { JobRunner } from '../../jobs/job-runner.js';
import { Jobs } from '../../jobs/jobs.js';
import { newObjectId, type ObjectId } from '../../mongo/object-id.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantVerification } from '../../tenancy/tenant-verification.js';
import { AuditLog } from '../audit/audit-log.js';
import { type InvitationModel, invitationModel } from './invitation.model.js';
import type { InvitationDocument } from './invitation.schema.js';
import { InvitationsRepository } from './invitations.repository.js';
import type { InviteUserInput } from './invite-user.input.js';

/** How long an invitation can be accepted. */
const LIFETIME_MS = 7 * 86_400_000;

/** Open invitations a tenant may have at once: the list of them is read in one piece. */
const MOST_OPEN = 500;

/** Invites people into the running operation's tenant. */
@Injectable()
export class InvitationsService {
  constructor(
    private readonly invitations: InvitationsRepository,
    private readonly users: UsersRepository,
    private readonly credentials: Credentials,
    private readonly verification: TenantVerification,
    private readonly limits: AttemptLimits,
    private readonly audit: AuditLog,
    private readonly jobs: Jobs,
    private readonly runner: JobRunner,
    private readonly work: UnitOfWork,
    private readonly context: TenantContext,
  ) {}

  /** Those that can be accepted now, newest first. */
  open(): Promise<InvitationDocument[]> {
    return this.invitations.open(MOST_OPEN);
  }

  /** An invitation that can be accepted now, by its public id; null for any other, and for those who may not invite. */
  async find(publicId: string): Promise<InvitationModel | null> {
    const id = isAllowed(this.context.viewer, 'users:manage') ? fromPublicId('invitation', publicId) : null;
    const invitation = id && (await this.invitations.findOpen(id));
    return invitation && invitationModel(invitation);
  }

  /**
   * Invites an address, and mails it; an open invitation of the same address is replaced, and its token counts no more.
   * @returns the invitation with its token, which is stored nowhere.
   * @throws DomainError CONFLICT when somebody in the tenant has the address, or too many invitations are open;
   * FORBIDDEN while the tenant is not verified; RATE_LIMITED after too many invitations in a day, of the tenant or to the
   * address, whichever tenant has sent those.
   */
  async invite(input: InviteUserInput): Promise<{ invitation: InvitationDocument; token: string }> {
    await this.verification.assertVerified('invite people');
    await this.limits.take('invitation-mail', input.email);
    try {
      return await this.store(input);
    } catch (error) {
      await this.limits.giveBack('invitation-mail', input.email);
      throw error;
    }
  }

  private store({
    email,
    role,
  }: InviteUserInput): Promise<{ invitation: InvitationDocument; token: string }> {
    const { tenant, viewer } = this.context;
    return this.work.run(async () => {
      if (await this.users.findByEmail(email))
        throw conflict('Somebody in this tenant has that e-mail address.');
      const replaced = await this.invitations.closeFor(email);
      if (replaced) await this.forgetToken(replaced._id);
      if ((await this.invitations.countOpen()) >= MOST_OPEN) {
        throw conflict(`There are ${MOST_OPEN} open invitations: revoke some first.`);
      }
      const createdAt = new Date();
      const expiresAt = new Date(createdAt.getTime() + LIFETIME_MS);
      const invitation = await this.invitations.add({
        _id: newObjectId(),
        email,
        role,
        invitedById: viewer.kind === 'user' ? viewer.userId : null,
        createdAt,
        expiresAt,
        acceptedAt: null,
        isOpen: true,
      });
      await this.jobs.add('invitation-mail', tenant.id, invitation._id);
      this.work.afterCommit(() => {
        void this.runner.runNow(invitation._id);
      });
      const { token } = await this.credentials.issue({
        kind: 'invitation',
        tenantId: tenant.id,
        subjectId: invitation._id,
        expiresAt,
      });
      await this.audit.record({
        action: 'user.invited',
        details: { invitationId: toPublicId('invitation', invitation._id), role },
        personal: { about: { email }, details: { email } },
      });
      return { invitation, token };
    });
  }

  /** Takes an open invitation back. @throws DomainError NOT_FOUND when there is no such open invitation. */
  async revoke(publicId: string): Promise<void> {
    const id = fromPublicId('invitation', publicId);
    if (!id) throw notFound('invitation');
    await this.work.run(async () => {
      const invitation = await this.invitations.close(id);
      if (!invitation) throw notFound('invitation');
      await this.forgetToken(id);
      await this.audit.record({
        action: 'invitation.revoked',
        details: { invitationId: publicId },
        personal: { about: { email: invitation.email }, details: { email: invitation.email } },
      });
    });
  }

  /** Whom the invitation behind a token is for; null when it cannot be accepted any more. */
  async addressee(id: ObjectId): Promise<string | null> {
    return (await this.invitations.findOpen(id))?.email ?? null;
  }

  /**
   * Uses an invitation up, in the transaction that makes the user.
   * @returns null when it cannot be accepted any more.
   */
  async accept(id: ObjectId): Promise<InvitationDocument | null> {
    const invitation = await this.invitations.accept(id);
    if (invitation) await this.forgetToken(id);
    return invitation;
  }

  private forgetToken(invitationId: ObjectId): Promise<void> {
    return this.credentials.revoke('invitation', this.context.tenant.id, invitationId);
  }
}
