import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '../../config/settings.js';
import type { ObjectId } from '../../mongo/object-id.js';
import type { AuditCheckpoint } from './audit-checkpoint.js';

/** The checkpoints in DATA_DIR: a file for each tenant, with one per line. */
@Injectable()
export class CheckpointFiles {
  private readonly folder: string;

  constructor(@Inject(SETTINGS) { DATA_DIR }: Settings) {
    this.folder = join(DATA_DIR, 'checkpoints');
  }

  async append(tenantId: ObjectId, checkpoint: AuditCheckpoint): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await appendFile(this.pathOf(tenantId), `${JSON.stringify(checkpoint)}\n`, { mode: 0o600 });
  }

  /** Removes those of a tenant. Safe to repeat. */
  async remove(tenantId: ObjectId): Promise<void> {
    await rm(this.pathOf(tenantId), { force: true });
  }

  private pathOf(tenantId: ObjectId): string {
    return join(this.folder, `${tenantId.toHexString()}.ndjson`);
  }
}
