import { Injectable } from '@nestjs/common';
import { InvalidEnvironmentError } from '../config/invalid-environment.error.js';
import { MasterKeyCheck } from '../data-keys/master-key-check.js';
import { Sealer } from '../events/sealer.js';
import { AuditLog } from '../modules/audit/audit-log.js';
import { UnitOfWork } from '../mongo/unit-of-work.js';
import type { CollectionDefinition } from '../mongo/model-provider.js';
import type { ObjectId } from '../mongo/object-id.js';
import { type RewrappedRows, SealedValues } from '../tenancy/sealed-values.js';
import { TenantDirectory } from '../tenancy/tenant-directory.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import type { TenantDocument } from '../tenancy/tenant.schema.js';
import { SealedValueError } from '../vault/vault.js';
import { operatorScope } from './operator-scope.js';
import { SEALED_COLLECTIONS } from './sealed-collections.js';

/** What came of wrapping all sealed values again. */
export interface RewrapOutcome {
  readonly rewrapped: number;
  readonly tenants: number;
  /** The tenants that hold a value which no configured master key opens. */
  readonly unreadable: readonly string[];
}

/** Changes of the master key, as far as they are the operator's work. */
@Injectable()
export class KeyOperations {
  constructor(
    private readonly tenants: TenantDirectory,
    private readonly runner: TenantRunner,
    private readonly work: UnitOfWork,
    private readonly sealed: SealedValues,
    private readonly audit: AuditLog,
    private readonly sealer: Sealer,
    private readonly check: MasterKeyCheck,
  ) {}

  /**
   * Wraps everything that is sealed with the current MASTER_KEY, some rows at a time, with an audit row in the same
   * transaction: interrupted, it goes on where it was. Servers may run meanwhile, on either key.
   */
  async rewrap(): Promise<RewrapOutcome> {
    // Recorded before anything is wrapped: interrupted, both keys stay in use. Where a key is missing the report says so.
    await this.check.verifyAndRecord().catch((error: unknown) => {
      if (!(error instanceof InvalidEnvironmentError)) throw error;
    });
    const tenants = await this.tenants.list();
    const unreadable: string[] = [];
    let rewrapped = 0;
    for (const tenant of tenants) {
      try {
        rewrapped += await this.rewrapFor(tenant);
      } catch (error) {
        if (!(error instanceof SealedValueError)) throw error;
        unreadable.push(tenant.subdomain);
      }
    }
    if (unreadable.length === 0) await this.check.recordCurrentAlone();
    return { rewrapped, tenants: tenants.length, unreadable };
  }

  private async rewrapFor(tenant: TenantDocument): Promise<number> {
    const scope = operatorScope(tenant);
    let values = 0;
    for (const definition of SEALED_COLLECTIONS as unknown as CollectionDefinition<unknown>[]) {
      let after: ObjectId | null = null;
      do {
        const rows: RewrappedRows = await this.runner.run(scope, () =>
          this.work.run(() => this.rewrapSome(tenant._id, definition, after)),
        );
        values += rows.values;
        after = rows.next;
      } while (after);
    }
    if (values > 0) await this.sealer.seal(tenant._id, 'audit').catch(() => undefined);
    return values;
  }

  private async rewrapSome(
    tenantId: ObjectId,
    definition: CollectionDefinition<unknown>,
    after: ObjectId | null,
  ): Promise<RewrappedRows> {
    const rows = await this.sealed.rewrap(tenantId, definition, after);
    const { values } = rows;
    const details = { of: definition.model, values };
    if (values > 0) await this.audit.record({ action: 'tenant.keys_rewrapped', details });
    return rows;
  }
}
