import type { IncomingHttpHeaders } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { Authenticator } from '../auth/authenticator.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { AuditLog } from '../modules/audit/audit-log.js';
import type { Allowance } from './limits/request-limits.js';
import { requestHost } from '../tenancy/request-host.js';
import { TenantMismatchError, TenantResolver } from '../tenancy/tenant-resolver.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import { type Origin, tenantScope } from '../tenancy/tenant-scope.js';
import type { Viewer } from '../tenancy/viewer.js';
import { ForgedTokens } from './forged-tokens.js';

/** What a door knows about a request. */
export interface Arrival {
  readonly headers: IncomingHttpHeaders;
  readonly requestId: string;
  readonly origin: Origin;
}

/** The scope of a request, and when its credential ends. */
export interface Admission extends Allowance {
  readonly expiresAt: Date | null;
}

/** Turns an arriving request into the scope it runs in: the same for HTTP, sockets and server-sent events. */
@Injectable()
export class ScopeFactory {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly resolver: TenantResolver,
    private readonly runner: TenantRunner,
    private readonly audit: AuditLog,
    private readonly forgeries: ForgedTokens,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** @throws DomainError TENANT_NOT_FOUND, TENANT_INACTIVE or TENANT_MISMATCH; the last is put on record. */
  async admit({ headers, requestId, origin }: Arrival): Promise<Admission> {
    const { viewer, tenantId, expiresAt, forgery } = await this.authenticator.authenticate({ headers });
    try {
      const tenant = await this.resolver.resolve({
        host: requestHost(headers, this.settings.TRUSTED_PROXIES),
        header: [headers['x-tenant-subdomain']].flat()[0],
        credentialTenantId: tenantId,
      });
      const identity = tenant && { id: tenant._id, subdomain: tenant.subdomain };
      const scope = tenantScope({ tenant: identity, viewer, requestId, origin });
      if (forgery) await this.forgeries.record(forgery, scope);
      return {
        scope,
        expiresAt,
        requestsPerMinute: tenant?.limits.requestsPerMinute ?? null,
      };
    } catch (error) {
      if (error instanceof TenantMismatchError) await this.recordViolation(error, viewer, requestId, origin);
      throw error;
    }
  }

  /** A violation stands in the log of the tenant whose credential was used; nobody else is told. */
  private async recordViolation(
    error: TenantMismatchError,
    viewer: Viewer,
    requestId: string,
    origin: Origin,
  ) {
    const { credentialTenantId, named } = error;
    if (!credentialTenantId) return;
    const scope = { tenant: { id: credentialTenantId, subdomain: '' }, viewer, requestId, origin };
    await this.runner.run(scope, () =>
      this.audit.record({ action: 'security.tenant_violation', details: { named } }),
    );
  }
}
