import { Injectable } from '@nestjs/common';
import { AttemptLimits } from '../auth/attempt-limits.js';
import type { Forgery } from '../auth/authenticator.js';
import { DomainError } from '../errors/domain-error.js';
import { AuditLog } from '../modules/audit/audit-log.js';
import { Metrics } from '../telemetry/metrics.js';
import { TenantDirectory } from '../tenancy/tenant-directory.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import type { TenantScope } from '../tenancy/tenant-scope.js';

/**
 * Puts access tokens on record that this server has never made. They stand in the log of the tenant that the request
 * names, or else of the one that the token claims; a stranger can send many, so only some of an address are written.
 */
@Injectable()
export class ForgedTokens {
  constructor(
    private readonly tenants: TenantDirectory,
    private readonly limits: AttemptLimits,
    private readonly runner: TenantRunner,
    private readonly audit: AuditLog,
    private readonly metrics: Metrics,
  ) {}

  /** @param scope the request's, with a viewer who is nobody. */
  async record({ claimedTenantId, reason }: Forgery, scope: TenantScope): Promise<void> {
    this.metrics.securityEvents.inc({ event: 'token_forged' });
    const tenant = scope.tenant ?? (claimedTenantId && (await this.claimed(claimedTenantId)));
    if (!tenant) return;
    await this.runner.run({ ...scope, tenant }, async () => {
      try {
        await this.limits.take('forged-token-record');
      } catch (error) {
        if (error instanceof DomainError) return;
        throw error;
      }
      await this.audit.record({ action: 'security.token_forged', details: { reason } });
    });
  }

  private async claimed(id: NonNullable<Forgery['claimedTenantId']>): Promise<TenantScope['tenant']> {
    const tenant = await this.tenants.recent({ id });
    return tenant && { id: tenant._id, subdomain: tenant.subdomain };
  }
}
