import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { LegalHolds } from '../../auth/legal-holds.js';
import { UsersRepository } from '../../auth/users.repository.js';
import { DataKeys } from '../../data-keys/data-keys.js';
import { pseudonymOf } from '../../data-keys/pseudonym.js';
import { notFound } from '../../errors/domain-error.js';
import { fromPublicId } from '../../ids/public-id.js';
import { JobRunner } from '../../jobs/job-runner.js';
import { Jobs } from '../../jobs/jobs.js';
import { Mailer } from '../../mail/mailer.js';
import { StoreClock } from '../../mongo/store-clock.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantData } from '../../tenancy/tenant-data.js';
import { AuditLog } from '../audit/audit-log.js';
import { CallErasureService } from '../calls/call-erasure.service.js';
import { UserRemovalService } from '../users/user-removal.service.js';
import { SETTLED_MS } from './settled.js';

/** How long an answer waits for the calls to be empty too. */
const WAIT_MS = 5000;
/** How often it is looked whether the provider has forgotten the calls. */
const LOOK_EVERY_MS = 5000;

/**
 * Erases people. At once go the record, the sessions and the invitations, and the keys of what cannot be rewritten;
 * the content of his calls follows by a job that outlives this process, here first and then at the provider.
 */
@Injectable()
export class EraseUser {
  private readonly logger = new Logger('Privacy');

  constructor(
    private readonly users: UsersRepository,
    private readonly removal: UserRemovalService,
    private readonly calls: CallErasureService,
    private readonly data: TenantData,
    private readonly keys: DataKeys,
    private readonly mailer: Mailer,
    private readonly holds: LegalHolds,
    private readonly audit: AuditLog,
    private readonly jobs: Jobs,
    private readonly runner: JobRunner,
    private readonly context: TenantContext,
    private readonly work: UnitOfWork,
    private readonly clock: StoreClock,
  ) {
    runner.handle('erasure', userId => this.tend(userId));
  }

  /**
   * Erases a user for good.
   * @throws DomainError NOT_FOUND; CONFLICT for the last active admin, and under a legal hold.
   */
  async run(publicId: string): Promise<string> {
    const id = fromPublicId('user', publicId);
    if (!id) throw notFound('user');
    await this.work.run(async () => {
      const user = await this.users.findById(id);
      if (!user) throw notFound('user');
      await this.holds.assertUserFree(id);
      const removed = await this.removal.remove(user);
      // Asked for by anybody who knows the address, whether there is a user or not.
      await this.data.remove('passwordResets', { email: user.email });
      await this.keys.destroy({ userId: id });
      await this.keys.destroy({ email: user.email });
      const details = { userId: publicId, pseudonym: pseudonymOf(id), ...removed };
      await this.audit.record({ action: 'user.erased', details });
      await this.jobs.wake('erasure', this.context.tenant.id, id);
      // In the transaction, though it is a folder: once this is committed nobody knows the address any more.
      await this.mailer.forget(this.context.tenant.id, user.email);
    });
    // Kept outside the database: whoever restores a backup finds out here who is to be erased again.
    this.logger.log(`A user was erased: ${publicId}`);
    await Promise.race([this.runner.runNow(id), sleep(WAIT_MS, undefined, { ref: false })]);
    return publicId;
  }

  /**
   * Goes on until no call of his holds anything, here or at the provider, and none can come any more that was being
   * made when he was erased. Then it says so.
   */
  private async tend(userId: ObjectId): Promise<Date | null> {
    while ((await this.calls.eraseSomeOf(userId)) > 0);
    const left = await this.calls.countErasing(userId);
    if (left > 0) return this.clock.in(LOOK_EVERY_MS);
    const settledAt = ((await this.keys.destroyedAt(userId))?.getTime() ?? 0) + SETTLED_MS;
    if (settledAt > this.clock.now().getTime()) return new Date(settledAt);
    const details = { pseudonym: pseudonymOf(userId), calls: await this.calls.countErasedOf(userId) };
    await this.audit.record({ action: 'user.erasure_completed', details });
    return null;
  }
}
