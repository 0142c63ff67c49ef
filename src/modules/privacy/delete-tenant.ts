import { Injectable, Logger } from '@nestjs/common';
import { LegalHolds } from '../../auth/legal-holds.js';
import { ViewerCache } from '../../auth/viewer-cache.js';
import { badInput, notFound } from '../../errors/domain-error.js';
import { toPublicId } from '../../ids/public-id.js';
import { JobRunner } from '../../jobs/job-runner.js';
import { Jobs } from '../../jobs/jobs.js';
import { Mailer } from '../../mail/mailer.js';
import { newObjectId, type ObjectId } from '../../mongo/object-id.js';
import { StoreClock } from '../../mongo/store-clock.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { RecordingStore } from '../../recordings/recording-store.js';
import { TenantKeys } from '../../redis/tenant-keys.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantData } from '../../tenancy/tenant-data.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import { AuditLog } from '../audit/audit-log.js';
import { CheckpointFiles } from '../audit/checkpoint-files.js';
import { CallErasureService } from '../calls/call-erasure.service.js';
import { SETTLED_MS } from './settled.js';

/** How often it is looked whether the provider has forgotten the calls. */
const LOOK_EVERY_MS = 1000;
/** How long the provider may stay away, or refuse the tenant's key, before the tenant is removed here all the same. */
const PATIENCE_MS = 24 * 3_600_000;

/**
 * Deletes tenants with everything they have. The tenant is closed in the transaction that asks for it; the rest is a
 * job that goes on wherever it was when its process dies. The tenant's own record goes last.
 */
@Injectable()
export class DeleteTenant {
  private readonly logger = new Logger('Privacy');

  constructor(
    private readonly tenants: TenantDirectory,
    private readonly data: TenantData,
    private readonly calls: CallErasureService,
    private readonly recordings: RecordingStore,
    private readonly mailer: Mailer,
    private readonly checkpoints: CheckpointFiles,
    private readonly redis: TenantKeys,
    private readonly holds: LegalHolds,
    private readonly viewers: ViewerCache,
    private readonly audit: AuditLog,
    private readonly jobs: Jobs,
    private readonly runner: JobRunner,
    private readonly context: TenantContext,
    private readonly work: UnitOfWork,
    private readonly clock: StoreClock,
  ) {
    runner.handle('tenant-deletion', jobId => this.tend(jobId));
  }

  /**
   * Closes the running scope's tenant for good; nobody enters it from then on.
   * @throws DomainError BAD_USER_INPUT unless the subdomain is confirmed, CONFLICT under a legal hold.
   */
  async run(confirmSubdomain: string): Promise<string> {
    const { id } = this.context.tenant;
    const jobId = newObjectId();
    await this.work.run(async () => {
      const tenant = await this.tenants.findById(id);
      if (!tenant || tenant.deletingSince) throw notFound('tenant');
      if (confirmSubdomain !== tenant.subdomain)
        throw badInput({ confirmSubdomain: "must be the tenant's own subdomain" });
      await this.holds.assertTenantFree();
      await this.tenants.update(id, { $set: { isActive: false, deletingSince: this.clock.now() } });
      await this.audit.record({ action: 'tenant.deletion_requested' });
      await this.jobs.wake('tenant-deletion', id, jobId);
      this.work.afterCommit(() => {
        this.viewers.clear();
      });
    });
    void this.runner.runNow(jobId);
    return toPublicId('tenant', id);
  }

  private async tend(jobId: ObjectId): Promise<Date | null> {
    const { id } = this.context.tenant;
    const tenant = await this.tenants.findById(id);
    if (!tenant) return null;
    const age = this.clock.now().getTime() - (tenant.deletingSince?.getTime() ?? 0);
    const left = age > PATIENCE_MS ? 0 : await this.calls.deleteAll();
    if (left > 0) return this.clock.in(LOOK_EVERY_MS);
    await this.recordings.removeAll();
    await this.mailer.forget(id);
    await this.checkpoints.remove(id);
    await this.redis.removeAll(id);
    const removed = (await this.data.removeAll({ exceptJob: jobId })) + (await this.calls.forgetTurnsOf(id));
    if (removed > 0) return this.clock.in(SETTLED_MS);
    await this.tenants.remove(id);
    this.logger.log(`${toPublicId('tenant', id)} is deleted with everything it had`);
    return null;
  }
}
