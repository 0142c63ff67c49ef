import { Injectable } from '@nestjs/common';
import { AttemptLimits } from '../../auth/attempt-limits.js';
import { Passwords } from '../../auth/passwords.js';
import { SessionsRepository } from '../../auth/sessions.repository.js';
import { signedIn } from '../../auth/signed-in.js';
import { UsersRepository } from '../../auth/users.repository.js';
import { ViewerCache } from '../../auth/viewer-cache.js';
import { badInput } from '../../errors/domain-error.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { AuditLog } from '../audit/audit-log.js';
import { PasswordResets } from './password-resets.js';

/** Changes the viewer's own password. */
@Injectable()
export class ChangePassword {
  constructor(
    private readonly users: UsersRepository,
    private readonly passwords: Passwords,
    private readonly sessions: SessionsRepository,
    private readonly viewers: ViewerCache,
    private readonly resets: PasswordResets,
    private readonly limits: AttemptLimits,
    private readonly audit: AuditLog,
    private readonly work: UnitOfWork,
    private readonly context: TenantContext,
  ) {}

  /**
   * Stores the new password and ends all of the user's other sessions.
   * @throws DomainError BAD_USER_INPUT when the current password is wrong, RATE_LIMITED after too many of those.
   */
  async run(currentPassword: string, newPassword: string): Promise<void> {
    const { userId, sessionId } = signedIn(this.context.viewer);
    const account = userId.toHexString();
    await this.limits.take('password-change', account);
    const seen = await this.users.findById(userId);
    if (!seen || !(await this.passwords.verify(seen.passwordHash, currentPassword))) throw wrongPassword();
    await this.limits.giveBack('password-change', account);
    const passwordHash = await this.passwords.hashNew(newPassword, 'newPassword', [seen.email]);
    await this.work.run(async () => {
      // Somebody may have changed it while the hashes were computed.
      const user = await this.users.findById(userId);
      if (user?.passwordHash !== seen.passwordHash) throw wrongPassword();
      await this.users.change(userId, { $set: { passwordHash } });
      await this.resets.closeAllOf(user.email);
      await this.sessions.endAllOf(userId, sessionId);
      await this.audit.record({ action: 'user.password_changed' });
      this.work.afterCommit(() => {
        this.viewers.clear();
      });
    });
  }
}

const wrongPassword = () => badInput({ currentPassword: 'is wrong' });
