import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { repeat, type Repeating } from '../../repeat/repeat.js';
import { LOG } from '../../telemetry/logger.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import { TenantRunner } from '../../tenancy/tenant-runner.js';
import { jobScope } from '../../tenancy/tenant-scope.js';
import { AuditChain } from './audit-chain.js';
import { AuditCheckpoints } from './audit-checkpoints.js';
import { CheckpointFiles } from './checkpoint-files.js';

const PAUSE_MS = 10 * 60_000;

/**
 * Writes a checkpoint of each tenant whose log this process has sealed events of: every ten minutes and at the end, as a
 * line of the server's log, which is usually kept elsewhere, and into DATA_DIR. Of a tenant that is being deleted it writes
 * none.
 */
@Injectable()
export class CheckpointWriter implements OnApplicationBootstrap, OnApplicationShutdown {
  private repeating: Repeating | null = null;

  constructor(
    private readonly chain: AuditChain,
    private readonly checkpoints: AuditCheckpoints,
    private readonly files: CheckpointFiles,
    private readonly tenants: TenantDirectory,
    private readonly runner: TenantRunner,
    @Inject(LOG) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.repeating = repeat(
      PAUSE_MS,
      () => this.write(),
      error => this.report(error),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.repeating?.stop();
    await this.write().catch((error: unknown) => {
      this.report(error as Error);
    });
  }

  /** Writes what is due now. @throws when the database or the folder is away; the rest is due next time. */
  async write(): Promise<void> {
    for (const tenantId of this.chain.takeSealed()) {
      const tenant = await this.tenants.findById(tenantId);
      if (!tenant || tenant.deletingSince) continue;
      const checkpoint = await this.runner.run(jobScope(tenantId, 'audit checkpoint'), () =>
        this.checkpoints.make(),
      );
      this.log.info({ checkpoint }, 'audit checkpoint');
      await this.files.append(tenantId, checkpoint);
    }
  }

  private report(error: Error): void {
    this.log.warn(`An audit checkpoint was not written: ${error.message}`);
  }
}
