import { Injectable } from '@nestjs/common';
import { StreamHeads } from '../../events/stream-heads.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { type AuditCheckpoint, signedText } from './audit-checkpoint.js';
import { GENESIS } from './audit-hash.js';
import { CheckpointKeys } from './checkpoint-keys.js';

/** Makes checkpoints of the running tenant's audit log, and tells whose they are. */
@Injectable()
export class AuditCheckpoints {
  constructor(
    private readonly heads: StreamHeads,
    private readonly keys: CheckpointKeys,
    private readonly context: TenantContext,
  ) {}

  /** Signs how far the log has got. */
  async make(): Promise<AuditCheckpoint> {
    const { position, hash } = await this.heads.read('audit');
    const content = {
      format: 'voho-audit-checkpoint' as const,
      version: 1 as const,
      tenantId: this.context.tenant.id.toHexString(),
      sequence: position,
      hash: hash || GENESIS,
      at: new Date().toISOString(),
    };
    return { ...content, keyId: this.keys.currentKeyId, signature: this.keys.sign(signedText(content)) };
  }

  /** Whether a checkpoint is this tenant's and was signed here. */
  isOwn(checkpoint: AuditCheckpoint): boolean {
    const isTenants = checkpoint.tenantId === this.context.tenant.id.toHexString();
    return isTenants && this.keys.isGenuine(signedText(checkpoint), checkpoint.signature);
  }
}
