import { Injectable } from '@nestjs/common';
import { AttemptLimits } from '../../auth/attempt-limits.js';
import { DomainError } from '../../errors/domain-error.js';
import { JobRunner } from '../../jobs/job-runner.js';
import { Jobs } from '../../jobs/jobs.js';
import { newObjectId } from '../../mongo/object-id.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { AuditLog } from '../audit/audit-log.js';
import { PasswordResetsRepository } from './password-resets.repository.js';

/** How long a request can be answered. */
const LIFETIME_MS = 60 * 60_000;

/** Takes requests for new passwords. */
@Injectable()
export class RequestPasswordReset {
  constructor(
    private readonly resets: PasswordResetsRepository,
    private readonly limits: AttemptLimits,
    private readonly audit: AuditLog,
    private readonly jobs: Jobs,
    private readonly runner: JobRunner,
    private readonly work: UnitOfWork,
    private readonly context: TenantContext,
  ) {}

  /**
   * Notes the request with its job, which mails a token if there is an account. The same is done for every address, so
   * neither the answer nor its time tells whether there is one. Beyond some mails an hour nothing is done at all.
   * @throws DomainError TENANT_NOT_FOUND when the request names no tenant, RATE_LIMITED after too many from one address.
   */
  async run(email: string): Promise<void> {
    const { id: tenantId } = this.context.tenant;
    await this.limits.take('password-reset-request');
    if (!(await this.mayMail(email))) return;
    const id = newObjectId();
    const createdAt = new Date();
    await this.work.run(async () => {
      await this.resets.add({
        _id: id,
        email,
        createdAt,
        expiresAt: new Date(createdAt.getTime() + LIFETIME_MS),
        isOpen: true,
      });
      await this.jobs.add('password-reset', tenantId, id);
      await this.audit.record({
        action: 'user.password_reset_requested',
        personal: { about: { visitor: email }, details: { email } },
      });
    });
    void this.runner.runNow(id);
  }

  private async mayMail(email: string): Promise<boolean> {
    try {
      await this.limits.take('password-reset-mail', email);
      return true;
    } catch (error) {
      if (error instanceof DomainError && error.code === 'RATE_LIMITED') return false;
      throw error;
    }
  }
}
