import { Injectable } from '@nestjs/common';
import type { Authentication, Forgery } from '../auth/authenticator.js';
import type { RefusedApiKey } from '../auth/api-key-cache.js';
import { toPublicId } from '../ids/public-id.js';
import type { ObjectId } from '../mongo/object-id.js';
import { RefusalLog } from '../modules/audit/refusal-log.js';
import { Metrics } from '../telemetry/metrics.js';
import { TenantDirectory } from '../tenancy/tenant-directory.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import type { TenantScope } from '../tenancy/tenant-scope.js';

/**
 * Puts credentials on record that were made up: access tokens that this server has never made, and API keys with another
 * secret than theirs. A token stands in the log of the tenant that the request names, or else of the one that it claims;
 * a key in the log of its tenant. The limits of the sender's address are asked before.
 */
@Injectable()
export class ForgedTokens {
  constructor(
    private readonly tenants: TenantDirectory,
    private readonly runner: TenantRunner,
    private readonly refusals: RefusalLog,
    private readonly metrics: Metrics,
  ) {}

  /** @param scope the request's, with a viewer who is nobody. */
  async record({ forgery, isOfAnotherKey, refusedKey }: Authentication, scope: TenantScope): Promise<void> {
    // Made here, before JWT_SECRET was changed: nobody's forgery.
    if (isOfAnotherKey) this.metrics.securityEvents.inc({ event: 'token_of_another_key' });
    if (forgery) await this.recordForgery(forgery, scope);
    if (refusedKey) await this.recordKey(refusedKey, scope);
  }

  private async recordForgery({ claimedTenantId, reason }: Forgery, scope: TenantScope): Promise<void> {
    this.metrics.securityEvents.inc({ event: 'token_forged' });
    const tenant = scope.tenant ?? (claimedTenantId && (await this.known(claimedTenantId)));
    if (!tenant) return;
    await this.runner.run({ ...scope, tenant }, () =>
      this.refusals.record({ action: 'security.token_forged', details: { reason } }),
    );
  }

  private async recordKey({ tenantId, keyId }: RefusedApiKey, scope: TenantScope): Promise<void> {
    this.metrics.securityEvents.inc({ event: 'api_key_refused' });
    const tenant = await this.known(tenantId);
    if (!tenant) return;
    const details = { keyId: toPublicId('key', keyId) };
    await this.runner.run({ ...scope, tenant }, () =>
      this.refusals.record({ action: 'security.api_key_refused', details }),
    );
  }

  private async known(id: ObjectId): Promise<TenantScope['tenant']> {
    const tenant = await this.tenants.recent({ id });
    return tenant && { id: tenant._id, subdomain: tenant.subdomain };
  }
}
