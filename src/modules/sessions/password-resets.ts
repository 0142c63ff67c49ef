import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { AttemptLimits } from '../../auth/attempt-limits.js';
import { Credentials } from '../../auth/credentials.js';
import { TokenMails } from '../../auth/token-mails.js';
import { UsersRepository } from '../../auth/users.repository.js';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { DomainError } from '../../errors/domain-error.js';
import { JobRunner } from '../../jobs/job-runner.js';
import type { Mail } from '../../mail/mailer.js';
import { quotedName, WHO_NAMED_IT } from '../../mail/quoted-name.js';
import { tenantLink } from '../../mail/tenant-link.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import type { TenantDocument } from '../../tenancy/tenant.schema.js';
import { isVerified } from '../../tenancy/tenant-verification.js';
import type { PasswordResetDocument } from './password-reset.schema.js';
import { PasswordResetsRepository } from './password-resets.repository.js';

/** Requests for new passwords: mails their tokens, and uses them up. */
@Injectable()
export class PasswordResets implements OnModuleInit {
  private readonly logger = new Logger('Mail');

  constructor(
    private readonly resets: PasswordResetsRepository,
    private readonly users: UsersRepository,
    private readonly tenants: TenantDirectory,
    private readonly credentials: Credentials,
    private readonly mails: TokenMails,
    private readonly limits: AttemptLimits,
    private readonly runner: JobRunner,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  onModuleInit(): void {
    this.runner.handle('password-reset', id => this.deliver(id));
  }

  /** A request that can be answered now; null for any other. */
  findOpen(id: ObjectId): Promise<PasswordResetDocument | null> {
    return this.resets.findOpen(id);
  }

  /** Uses up all requests for an address, in the running transaction: its password is another one now. */
  async closeAllOf(email: string): Promise<void> {
    for (const { _id, tenantId } of await this.resets.openOf(email)) {
      await this.resets.close(_id);
      await this.credentials.revoke('password-reset', tenantId, _id);
    }
  }

  /** Only here it is looked whether there is an account: whoever asks learns nothing, not even by the time. */
  private async deliver(id: ObjectId): Promise<Date | null> {
    const reset = await this.resets.findOpen(id);
    if (!reset) return null;
    const user = await this.users.findByEmail(reset.email);
    const tenant = await this.tenants.findById(reset.tenantId);
    if (!user?.isActive || !tenant?.isActive) return null;
    // An address that nobody has verified may belong to anybody: what it gets counts with all else of that kind.
    const limit =
      isVerified(tenant) || !this.settings.isProduction ? 'password-reset-delivery' : 'verification-mail';
    if (!(await this.mayMail(limit, user.email))) return null;
    const { tenantId, createdAt, expiresAt } = reset;
    const again = await this.mails.deliver(
      { kind: 'password-reset', tenantId, subjectId: id, expiresAt },
      createdAt,
      token => this.write(tenant, user.email, token),
    );
    if (again) await this.limits.giveBack(limit, user.email);
    return again;
  }

  private async mayMail(
    limit: 'password-reset-delivery' | 'verification-mail',
    email: string,
  ): Promise<boolean> {
    try {
      await this.limits.take(limit, email);
      return true;
    } catch (error) {
      if (!(error instanceof DomainError && error.code === 'RATE_LIMITED')) throw error;
      this.logger.warn('A mailbox has had too many mails today: a token for a new password is not sent');
      return false;
    }
  }

  private write({ _id, name, subdomain }: TenantDocument, to: string, token: string): Mail {
    const link = tenantLink(this.settings, subdomain, 'reset-password', token);
    return {
      tenantId: _id,
      to,
      subject: `New password for ${quotedName(name)}`,
      text: `Somebody, probably you, has asked for a new password for your account at ${quotedName(name)}. To choose one within an hour:

${link}

If it was not you, do nothing: your password stays as it is. ${WHO_NAMED_IT}

For programs: the token for resetPassword is ${token}
`,
    };
  }
}
