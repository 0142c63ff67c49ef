import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { repeat, type Repeating } from '../../repeat/repeat.js';
import { LOG } from '../../telemetry/logger.js';
import { TenantRunner } from '../../tenancy/tenant-runner.js';
import { jobScope } from '../../tenancy/tenant-scope.js';
import { AuditChain } from './audit-chain.js';
import { AuditCheckpoints } from './audit-checkpoints.js';

const PAUSE_MS = 10 * 60_000;

/**
 * Writes a checkpoint of each tenant whose log this process has sealed events of: every ten minutes and at the end, as a
 * line of the server's log, which is usually kept elsewhere, and into DATA_DIR.
 */
@Injectable()
export class CheckpointWriter implements OnApplicationBootstrap, OnApplicationShutdown {
  private repeating: Repeating | null = null;

  constructor(
    private readonly chain: AuditChain,
    private readonly checkpoints: AuditCheckpoints,
    private readonly runner: TenantRunner,
    @Inject(LOG) private readonly log: Logger,
    @Inject(SETTINGS) private readonly settings: Settings,
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
      const checkpoint = await this.runner.run(jobScope(tenantId, 'audit checkpoint'), () =>
        this.checkpoints.make(),
      );
      this.log.info({ checkpoint }, 'audit checkpoint');
      await mkdir(join(this.settings.DATA_DIR, 'checkpoints'), { recursive: true });
      await appendFile(this.path, `${JSON.stringify(checkpoint)}\n`);
    }
  }

  private get path(): string {
    return join(this.settings.DATA_DIR, 'checkpoints', 'audit.ndjson');
  }

  private report(error: Error): void {
    this.log.warn(`An audit checkpoint was not written: ${error.message}`);
  }
}
