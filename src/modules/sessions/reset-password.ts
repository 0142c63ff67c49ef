import { Injectable } from '@nestjs/common';
import { AttemptLimits } from '../../auth/attempt-limits.js';
import { Credentials } from '../../auth/credentials.js';
import { Passwords } from '../../auth/passwords.js';
import { SessionsRepository } from '../../auth/sessions.repository.js';
import type { UserDocument } from '../../auth/user.schema.js';
import { UsersRepository } from '../../auth/users.repository.js';
import { ViewerCache } from '../../auth/viewer-cache.js';
import { badInput } from '../../errors/domain-error.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import type { TenantDocument } from '../../tenancy/tenant.schema.js';
import { AuditLog } from '../audit/audit-log.js';
import { PasswordResets } from './password-resets.js';
import type { ResetPasswordInput } from './reset-password.input.js';
import { type OpenedSession, SessionOpener } from './session-opener.js';
import { TokenTenant } from './token-tenant.js';

/** Sets new passwords by tokens that were mailed. */
@Injectable()
export class ResetPassword {
  constructor(
    private readonly credentials: Credentials,
    private readonly tokenTenant: TokenTenant,
    private readonly resets: PasswordResets,
    private readonly users: UsersRepository,
    private readonly passwords: Passwords,
    private readonly sessions: SessionsRepository,
    private readonly viewers: ViewerCache,
    private readonly opener: SessionOpener,
    private readonly limits: AttemptLimits,
    private readonly audit: AuditLog,
    private readonly work: UnitOfWork,
  ) {}

  /**
   * Sets the password, uses up this token and every other of the account, ends all of the user's sessions and opens a
   * new one.
   * @throws DomainError BAD_USER_INPUT for a token that is unknown, used or expired, RATE_LIMITED after too many of
   * those, and as TokenTenant.enter.
   */
  async run({ token, password }: ResetPasswordInput): Promise<OpenedSession> {
    await this.limits.take('reset-token');
    const entry = await this.credentials.find('password-reset', token);
    if (!entry) throw unusable();
    await this.limits.giveBack('reset-token');
    return this.tokenTenant.enter(entry, async tenant => {
      // Asked before hashing, which is dear; the transaction decides.
      const { email } = await this.ownerOf(entry.subjectId);
      const passwordHash = await this.passwords.hashNew(password, 'input.password', [email]);
      return this.work.run(() => this.reset(entry.subjectId, passwordHash, tenant));
    });
  }

  private async reset(
    resetId: ObjectId,
    passwordHash: string,
    tenant: TenantDocument,
  ): Promise<OpenedSession> {
    const owner = await this.ownerOf(resetId);
    const user = await this.users.change(owner._id, { $set: { passwordHash, lastLoginAt: new Date() } });
    if (!user) throw unusable();
    await this.resets.closeAllOf(user.email);
    await this.sessions.endAllOf(user._id);
    await this.audit.record({
      action: 'user.password_reset',
      actor: { id: user._id, label: user.email },
    });
    this.work.afterCommit(() => {
      this.viewers.clear();
    });
    return this.opener.open(user, tenant);
  }

  /** Whose password a request is for. @throws DomainError BAD_USER_INPUT when it cannot be answered any more. */
  private async ownerOf(resetId: ObjectId): Promise<UserDocument> {
    const reset = await this.resets.findOpen(resetId);
    const user = reset && (await this.users.findByEmail(reset.email));
    if (!user?.isActive) throw unusable();
    return user;
  }
}

const unusable = () => badInput({ 'input.token': 'is not an open password reset' });
