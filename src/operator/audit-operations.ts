import { readFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { type AuditCheckpoint, readCheckpoints } from '../modules/audit/audit-checkpoint.js';
import { AuditCheckpoints } from '../modules/audit/audit-checkpoints.js';
import { AuditExport } from '../modules/audit/audit-export.js';
import type { AuditVerificationModel } from '../modules/audit/audit-verification.model.js';
import { AuditVerifier } from '../modules/audit/audit-verifier.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import { OperatorError } from './operator-error.js';
import { operatorScope } from './operator-scope.js';
import { TenantOperations } from './tenant-operations.js';

/** What only the operator of the server may do with tenants' audit logs. Nothing of it changes them. */
@Injectable()
export class AuditOperations {
  constructor(
    private readonly tenants: TenantOperations,
    private readonly verifier: AuditVerifier,
    private readonly checkpoints: AuditCheckpoints,
    private readonly exports: AuditExport,
    private readonly runner: TenantRunner,
  ) {}

  /**
   * Checks a tenant's log, and that it agrees with the checkpoints of a file.
   * @throws OperatorError when there is no such tenant, or the file holds none of its checkpoints.
   */
  verify(subdomain: string, file: string | null): Promise<AuditVerificationModel> {
    return this.inside(subdomain, async () =>
      this.verifier.verify(file === null ? [] : await this.read(file)),
    );
  }

  checkpoint(subdomain: string): Promise<AuditCheckpoint> {
    return this.inside(subdomain, () => this.checkpoints.make());
  }

  /** Writes a tenant's log line by line. @throws OperatorError when there is no such tenant. */
  export(subdomain: string, write: (line: string) => Promise<void>): Promise<void> {
    return this.inside(subdomain, async () => {
      for await (const line of this.exports.lines()) await write(line);
    });
  }

  private async inside<T>(subdomain: string, work: () => Promise<T>): Promise<T> {
    return this.runner.run(operatorScope(await this.tenants.find(subdomain)), work);
  }

  private async read(file: string): Promise<AuditCheckpoint[]> {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      throw new OperatorError(`The checkpoints cannot be read: ${(error as Error).message}`);
    });
    const own = readCheckpoints(text).filter(checkpoint => this.checkpoints.isOwn(checkpoint));
    if (own.length === 0)
      throw new OperatorError(`${file} holds no checkpoint of this tenant that was signed here.`);
    return own;
  }
}
