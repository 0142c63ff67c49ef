import { Injectable } from '@nestjs/common';
import { StreamEpochs } from '../modules/restores/stream-epochs.service.js';
import { TenantDirectory } from '../tenancy/tenant-directory.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import { operatorScope } from './operator-scope.js';

/** What the operator does once a backup of the database was restored. */
@Injectable()
export class RestoreOperations {
  constructor(
    private readonly tenants: TenantDirectory,
    private readonly epochs: StreamEpochs,
    private readonly runner: TenantRunner,
  ) {}

  /**
   * Begins a new epoch of the streams of all tenants, each on record in its own audit log. May be repeated: cursors that
   * were handed out between expire too. Tenants that are being deleted are left out.
   * @returns how many tenants those are.
   */
  async beginEpochs(): Promise<number> {
    const tenants = (await this.tenants.list()).filter(({ deletingSince }) => !deletingSince);
    for (const tenant of tenants)
      await this.runner.run(operatorScope(tenant), () => this.epochs.begin('operator', null));
    return tenants.length;
  }
}
