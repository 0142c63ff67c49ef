import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { AttemptLimits } from '../../auth/attempt-limits.js';
import { Credentials } from '../../auth/credentials.js';
import { TokenMails } from '../../auth/token-mails.js';
import type { UserDocument } from '../../auth/user.schema.js';
import { UsersRepository } from '../../auth/users.repository.js';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { badInput } from '../../errors/domain-error.js';
import { JobRunner } from '../../jobs/job-runner.js';
import { Jobs } from '../../jobs/jobs.js';
import type { Mail } from '../../mail/mailer.js';
import { quotedName, WHO_NAMED_IT } from '../../mail/quoted-name.js';
import { tenantLink } from '../../mail/tenant-link.js';
import { newObjectId, type ObjectId } from '../../mongo/object-id.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import type { PendingVerification, TenantDocument } from '../../tenancy/tenant.schema.js';
import { AuditLog } from '../audit/audit-log.js';
import { TenantsService } from '../tenants/tenants.service.js';
import { TokenTenant } from './token-tenant.js';

/** How long a mailed token counts. */
const LIFETIME_MS = 7 * 86_400_000;

/** Has the first admin of a new tenant show that the e-mail address is theirs. */
@Injectable()
export class EmailVerification implements OnModuleInit {
  constructor(
    private readonly service: TenantsService,
    private readonly tenants: TenantDirectory,
    private readonly users: UsersRepository,
    private readonly credentials: Credentials,
    private readonly tokenTenant: TokenTenant,
    private readonly mails: TokenMails,
    private readonly limits: AttemptLimits,
    private readonly audit: AuditLog,
    private readonly jobs: Jobs,
    private readonly runner: JobRunner,
    private readonly work: UnitOfWork,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  onModuleInit(): void {
    this.runner.handle('verification-mail', id => this.deliver(id));
  }

  /** What a new tenant's record says of its first admin's address. */
  pendingFor(userId: ObjectId, now: Date): PendingVerification {
    return newPending(userId, now);
  }

  /** Mails the token of a new tenant, in the running transaction; where nothing waits for it, not before it is asked for. */
  async begin(tenantId: ObjectId, pending: PendingVerification): Promise<void> {
    if (this.settings.isProduction) await this.mail(tenantId, pending);
  }

  private async mail(tenantId: ObjectId, { mailId }: PendingVerification): Promise<void> {
    await this.jobs.add('verification-mail', tenantId, mailId);
    this.work.afterCommit(() => {
      void this.runner.runNow(mailId);
    });
  }

  /**
   * Mails another token to the admin whose address is to be verified. Nothing happens in a tenant that is verified.
   * @throws DomainError RATE_LIMITED after too many mails to that mailbox in a day.
   */
  async resend(): Promise<void> {
    const { pendingVerification } = await this.service.current();
    if (!pendingVerification) return;
    const user = await this.users.findById(pendingVerification.userId);
    if (!user) return;
    await this.limits.take('verification-mail', user.email);
    try {
      await this.work.run(() => this.replace(user));
    } catch (error) {
      await this.limits.giveBack('verification-mail', user.email);
      throw error;
    }
  }

  /**
   * Verifies the tenant that a token leads to, and uses the token up.
   * @throws DomainError BAD_USER_INPUT for a token that is unknown, used, replaced or expired, RATE_LIMITED after too many
   * of those, and as TokenTenant.enter.
   */
  async verify(token: string): Promise<void> {
    await this.limits.take('verification-token');
    const entry = await this.credentials.find('verification', token);
    if (!entry) throw unusable();
    await this.limits.giveBack('verification-token');
    await this.tokenTenant.enter(entry, ({ _id }) =>
      this.work.run(() => this.complete(_id, entry.subjectId)),
    );
  }

  private async replace(user: UserDocument): Promise<void> {
    const tenant = await this.service.current();
    if (!tenant.pendingVerification) return;
    const next = newPending(user._id, new Date());
    await this.tenants.update(tenant._id, { $set: { pendingVerification: next } });
    await this.credentials.revoke('verification', tenant._id, tenant.pendingVerification.mailId);
    await this.mail(tenant._id, next);
    await this.audit.record({
      action: 'user.verification_requested',
      personal: { about: { userId: user._id }, details: { email: user.email } },
    });
  }

  private async complete(tenantId: ObjectId, mailId: ObjectId): Promise<void> {
    const tenant = await this.tenants.findById(tenantId);
    const pending = tenant?.pendingVerification;
    if (!pending?.mailId.equals(mailId)) throw unusable();
    const user = await this.users.findById(pending.userId);
    if (!user) throw unusable();
    await this.tenants.update(tenantId, { $set: { pendingVerification: null } });
    await this.credentials.revoke('verification', tenantId, mailId);
    await this.audit.record({
      action: 'user.email_verified',
      actor: { id: user._id, label: user.email },
    });
  }

  private async deliver(mailId: ObjectId): Promise<Date | null> {
    const tenant = await this.service.current();
    const pending = tenant.pendingVerification;
    if (!tenant.isActive || !pending?.mailId.equals(mailId) || pending.expiresAt <= new Date()) return null;
    const user = await this.users.findById(pending.userId);
    if (!user) return null;
    const { requestedAt, expiresAt } = pending;
    return this.mails.deliver(
      { kind: 'verification', tenantId: tenant._id, subjectId: mailId, expiresAt },
      requestedAt,
      token => this.write(tenant, user.email, token),
    );
  }

  private write({ _id, name, subdomain }: TenantDocument, to: string, token: string): Mail {
    const link = tenantLink(this.settings, subdomain, 'verify-email', token);
    return {
      tenantId: _id,
      to,
      subject: `Verify your e-mail address for ${quotedName(name)}`,
      text: `${quotedName(name)} was signed up with this address. To verify it within 7 days, so that it can make calls and invite people:

${link}

If you have not signed up, do nothing: the tenant can then neither make calls nor invite anybody. ${WHO_NAMED_IT}

For programs: the token for verifyEmail is ${token}
`,
    };
  }
}

const newPending = (userId: ObjectId, now: Date): PendingVerification => ({
  mailId: newObjectId(),
  userId,
  requestedAt: now,
  expiresAt: new Date(now.getTime() + LIFETIME_MS),
});

const unusable = () => badInput({ token: 'is not an open verification' });
