import { Inject, Injectable } from '@nestjs/common';
import { AttemptLimits } from '../../auth/attempt-limits.js';
import type { CredentialDocument } from '../../auth/credential.schema.js';
import { Passwords } from '../../auth/passwords.js';
import { TenantInvitations } from '../../auth/tenant-invitations.js';
import type { UserDocument } from '../../auth/user.schema.js';
import { UsersRepository } from '../../auth/users.repository.js';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { badInput, conflict, DomainError } from '../../errors/domain-error.js';
import { toPublicId } from '../../ids/public-id.js';
import { isDuplicateKey } from '../../mongo/duplicate-key.js';
import { newObjectId, type ObjectId } from '../../mongo/object-id.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import { TenantRunner } from '../../tenancy/tenant-runner.js';
import type { TenantDocument } from '../../tenancy/tenant.schema.js';
import { ANONYMOUS } from '../../tenancy/viewer.js';
import { AuditLog } from '../audit/audit-log.js';
import { NEW_BRANDING } from '../tenants/branding.js';
import { EmailVerification } from './email-verification.js';
import { type OpenedSession, SessionOpener } from './session-opener.js';
import type { SignUpTenantInput } from './sign-up-tenant.input.js';

/** Makes tenants. */
@Injectable()
export class SignUp {
  constructor(
    private readonly tenants: TenantDirectory,
    private readonly users: UsersRepository,
    private readonly passwords: Passwords,
    private readonly limits: AttemptLimits,
    private readonly invitations: TenantInvitations,
    private readonly verification: EmailVerification,
    private readonly opener: SessionOpener,
    private readonly audit: AuditLog,
    private readonly work: UnitOfWork,
    private readonly runner: TenantRunner,
    private readonly context: TenantContext,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /**
   * Signs a tenant up, as far as `SIGN_UPS` allows that. An invitation is used up with it.
   * @throws DomainError FORBIDDEN where sign-ups are off, or by invitation and none is given, BAD_USER_INPUT for an
   * invitation that is unknown, expired, used, or for another address, RATE_LIMITED after too many mails to the mailbox,
   * and as {@link found}.
   */
  async run(input: SignUpTenantInput): Promise<OpenedSession> {
    await this.limits.take('sign-up');
    const invitation = await this.admit(input);
    if (!this.settings.isProduction) return this.found(input, invitation);
    // A mail is sent to the address, whoever it belongs to.
    await this.limits.take('verification-mail', input.email);
    try {
      return await this.found(input, invitation);
    } catch (error) {
      await this.limits.giveBack('verification-mail', input.email);
      throw error;
    }
  }

  /**
   * Makes a tenant, its first admin and their session: all of them or none. Everything happens inside the new tenant,
   * whatever tenant the request itself named.
   * @param isVerified whether the address needs no mail to be known as the admin's own.
   * @throws DomainError CONFLICT when the subdomain is taken.
   */
  async found(
    input: SignUpTenantInput,
    invitation: CredentialDocument | null,
    isVerified = false,
  ): Promise<OpenedSession> {
    // Asked before hashing, which is dear; the unique index decides.
    if (await this.tenants.findBySubdomain(input.subdomain)) throw taken();
    const passwordHash = await this.passwords.hashNew(input.password, 'input.password', [
      input.email,
      input.subdomain,
      input.name,
    ]);
    const adminId = newObjectId();
    const id = invitation?.tenantId ?? newObjectId();
    const tenant = this.newTenant(input, id, isVerified ? null : adminId);
    const scope = {
      ...this.context.scope,
      tenant: { id: tenant._id, subdomain: tenant.subdomain },
      viewer: ANONYMOUS,
    };
    try {
      return await this.runner.run(scope, () =>
        this.work.run(async () => {
          if (invitation) await this.useUp(input);
          return this.store(tenant, adminId, input, passwordHash);
        }),
      );
    } catch (error) {
      throw isDuplicateKey(error) ? taken() : error;
    }
  }

  /** The invitation that the sign-up comes with; null for none where none is needed. */
  private async admit({ email, invitationToken }: SignUpTenantInput): Promise<CredentialDocument | null> {
    const { SIGN_UPS } = this.settings;
    if (SIGN_UPS === 'off') throw new DomainError('FORBIDDEN', 'This server takes no sign-ups.');
    if (invitationToken == null) {
      if (SIGN_UPS === 'open') return null;
      throw new DomainError(
        'FORBIDDEN',
        'This server takes sign-ups by invitation only: the operator has to invite the address, and input.invitationToken has to hold the token.',
      );
    }
    const invitation = await this.invitations.find(email, invitationToken);
    if (!invitation) throw unusable();
    return invitation;
  }

  private async useUp({ email, invitationToken }: SignUpTenantInput): Promise<void> {
    if (!(await this.invitations.use(email, invitationToken ?? ''))) throw unusable();
  }

  private newTenant(
    { subdomain, name }: SignUpTenantInput,
    id: ObjectId,
    unverifiedId: ObjectId | null,
  ): TenantDocument {
    const { MAX_CONCURRENT_CALLS, REQUESTS_PER_MINUTE, MONTHLY_CALL_MINUTES } = this.settings;
    const createdAt = new Date();
    return {
      _id: id,
      subdomain,
      name,
      isActive: true,
      branding: NEW_BRANDING,
      retentionDays: null,
      sealedUltravoxApiKey: null,
      limits: {
        maxConcurrentCalls: MAX_CONCURRENT_CALLS,
        requestsPerMinute: REQUESTS_PER_MINUTE,
        monthlyCallMinutes: MONTHLY_CALL_MINUTES,
      },
      pendingVerification: unverifiedId && this.verification.pendingFor(unverifiedId, createdAt),
      createdAt,
    };
  }

  private async store(
    tenant: TenantDocument,
    adminId: ObjectId,
    input: SignUpTenantInput,
    passwordHash: string,
  ): Promise<OpenedSession> {
    await this.tenants.insert(tenant);
    const user: UserDocument = await this.users.add({
      _id: adminId,
      email: input.email,
      name: input.userName ?? null,
      passwordHash,
      role: 'ADMIN',
      isActive: true,
      createdAt: tenant.createdAt,
      lastLoginAt: tenant.createdAt,
    });
    const actor = { id: user._id, label: user.email };
    const { subdomain, name } = tenant;
    const details = { subdomain, name, ...(input.invitationToken != null && { isInvited: true }) };
    await this.audit.record({ action: 'tenant.created', details, actor });
    const userId = toPublicId('user', user._id);
    await this.audit.record({ action: 'user.signup', details: { userId, role: user.role }, actor });
    if (tenant.pendingVerification) await this.verification.begin(tenant._id, tenant.pendingVerification);
    return this.opener.open(user, tenant);
  }
}

const taken = () => conflict('The subdomain is taken.');
const unusable = () => badInput({ 'input.invitationToken': 'is not an open invitation to this address' });
