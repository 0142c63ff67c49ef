import { Injectable } from '@nestjs/common';
import type { CredentialDocument } from '../../auth/credential.schema.js';
import { DomainError } from '../../errors/domain-error.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import { TenantRunner } from '../../tenancy/tenant-runner.js';
import type { TenantDocument } from '../../tenancy/tenant.schema.js';
import { ANONYMOUS } from '../../tenancy/viewer.js';
import { RefusalLog } from '../audit/refusal-log.js';

/** Works in the tenant that a token leads to, which the request itself need not name. */
@Injectable()
export class TokenTenant {
  constructor(
    private readonly tenants: TenantDirectory,
    private readonly runner: TenantRunner,
    private readonly refusals: RefusalLog,
    private readonly context: TenantContext,
  ) {}

  /**
   * Runs `work` in the token's tenant, on behalf of the same request but of nobody: the viewer, if any, belongs to
   * the request's own tenant.
   * @throws DomainError TENANT_MISMATCH when the request names another tenant, TENANT_INACTIVE for a suspended one.
   */
  async enter<T>(entry: CredentialDocument, work: (tenant: TenantDocument) => Promise<T>): Promise<T> {
    const { scope } = this.context;
    const tenant = await this.tenants.findById(entry.tenantId);
    if (!tenant) throw new DomainError('TENANT_NOT_FOUND');
    const identity = { id: tenant._id, subdomain: tenant.subdomain };
    return this.runner.run({ ...scope, tenant: identity, viewer: ANONYMOUS }, async () => {
      if (scope.tenant && !scope.tenant.id.equals(tenant._id)) {
        const details = { named: scope.tenant.subdomain, credential: entry.kind };
        await this.refusals.record({ action: 'security.tenant_violation', details }, entry.kind);
        throw new DomainError('TENANT_MISMATCH');
      }
      if (!tenant.isActive) throw new DomainError('TENANT_INACTIVE');
      return work(tenant);
    });
  }
}
