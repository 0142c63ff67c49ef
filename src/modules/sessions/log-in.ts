import { Injectable } from '@nestjs/common';
import { AttemptLimits } from '../../auth/attempt-limits.js';
import { Passwords } from '../../auth/passwords.js';
import type { UserDocument } from '../../auth/user.schema.js';
import { UsersRepository } from '../../auth/users.repository.js';
import { DomainError } from '../../errors/domain-error.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import type { TenantDocument } from '../../tenancy/tenant.schema.js';
import { AuditLog } from '../audit/audit-log.js';
import { RefusalLog } from '../audit/refusal-log.js';
import { TenantsService } from '../tenants/tenants.service.js';
import type { LogInInput } from './log-in.input.js';
import { type OpenedSession, SessionOpener } from './session-opener.js';

/** Signs users in by their passwords. */
@Injectable()
export class LogIn {
  constructor(
    private readonly users: UsersRepository,
    private readonly passwords: Passwords,
    private readonly limits: AttemptLimits,
    private readonly tenants: TenantsService,
    private readonly opener: SessionOpener,
    private readonly audit: AuditLog,
    private readonly refusals: RefusalLog,
    private readonly work: UnitOfWork,
  ) {}

  /**
   * Opens a session in the request's tenant. An unknown address, a wrong password and a deactivated user get the
   * same answer after the same time.
   * @throws DomainError TENANT_NOT_FOUND when the request names no tenant, UNAUTHENTICATED when refused, RATE_LIMITED after
   * too many wrong passwords, be this one right or not, or while too many are being checked.
   */
  async run({ email, password }: LogInInput): Promise<OpenedSession> {
    await this.limits.take('log-in', email);
    const tenant = await this.tenants.current();
    const user = await this.users.findByEmail(email);
    const isRight = await this.isRight(email, user, password);
    const opened = user?.isActive && isRight ? await this.open(user, password, tenant) : null;
    if (opened) {
      await this.limits.giveBack('log-in', email);
      return opened;
    }
    await this.refusals.record({
      action: 'user.failed_login',
      personal: { about: { visitor: email }, details: { email } },
    });
    throw new DomainError('UNAUTHENTICATED', 'The e-mail address or the password is wrong.');
  }

  /** Nothing was tried where the password could not be looked at. */
  private async isRight(email: string, user: UserDocument | null, password: string): Promise<boolean> {
    try {
      return await this.passwords.verify(user?.passwordHash ?? null, password);
    } catch (error) {
      await this.limits.giveBack('log-in', email);
      throw error;
    }
  }

  /** Also makes a hash anew that was made with less than what is asked for now: only here the password is known. */
  private async open(
    user: UserDocument,
    password: string,
    tenant: TenantDocument,
  ): Promise<OpenedSession | null> {
    const isOutdated = this.passwords.isOutdated(user.passwordHash);
    const passwordHash = isOutdated ? await this.passwords.hash(password) : user.passwordHash;
    return this.work.run(async () => {
      const entered = await this.enter(user, passwordHash);
      return entered && this.opener.open(entered, tenant);
    });
  }

  /**
   * Notes the log-in on the user's own document. This makes the transaction conflict with one that deactivates him
   * or changes his password meanwhile, so that no session outlives either.
   */
  private async enter(seen: UserDocument, passwordHash: string): Promise<UserDocument | null> {
    const user = await this.users.findById(seen._id);
    if (!user?.isActive || user.passwordHash !== seen.passwordHash) return null;
    const entered = await this.users.change(user._id, { $set: { lastLoginAt: new Date(), passwordHash } });
    await this.audit.record({ action: 'user.login', actor: { id: user._id, label: user.email } });
    return entered;
  }
}
