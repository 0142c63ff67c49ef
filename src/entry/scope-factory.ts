import type { IncomingHttpHeaders } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { type Authentication, Authenticator, type Presented } from '../auth/authenticator.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { withReadDeadline } from '../mongo/read-deadline.js';
import { RefusalLog } from '../modules/audit/refusal-log.js';
import { requestHost } from '../tenancy/request-host.js';
import { TenantDirectory } from '../tenancy/tenant-directory.js';
import { TenantMismatchError, TenantResolver } from '../tenancy/tenant-resolver.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import { type Origin, type TenantScope, tenantScope } from '../tenancy/tenant-scope.js';
import { ForgedTokens } from './forged-tokens.js';
import { type Allowance, RequestLimits } from './limits/request-limits.js';

/** What a door knows about a request. */
export interface Arrival {
  readonly headers: IncomingHttpHeaders;
  readonly requestId: string;
  readonly origin: Origin;
  /** Hears whose request it is before the limits are asked, so that a refusal's log line can say so. */
  readonly onKnown?: (scope: TenantScope) => void;
}

/** The scope of a request, and when its credential ends. */
export interface Admission extends Allowance {
  readonly expiresAt: Date | null;
}

/**
 * Turns an arriving request into the scope it runs in, and counts it: the same for HTTP, sockets and server-sent events.
 * The order is limits, then look-ups, then records, so that a request beyond its limit costs the database nothing. All
 * look-ups of one request have one deadline.
 */
@Injectable()
export class ScopeFactory {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly resolver: TenantResolver,
    private readonly tenants: TenantDirectory,
    private readonly limits: RequestLimits,
    private readonly runner: TenantRunner,
    private readonly refusals: RefusalLog,
    private readonly forgeries: ForgedTokens,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /**
   * @throws DomainError RATE_LIMITED beyond the limits of the credential, its tenant or the address; TENANT_NOT_FOUND,
   * TENANT_INACTIVE or TENANT_MISMATCH, the last of which is put on record; MongoReadDeadlineError after 10 s.
   */
  admit(arrival: Arrival): Promise<Admission> {
    return withReadDeadline(() => this.admitInTime(arrival));
  }

  private async admitInTime(arrival: Arrival): Promise<Admission> {
    const authentication = await this.authenticate(arrival);
    const own = authentication.tenantId && (await this.ownAllowance(authentication, arrival));
    if (own) {
      arrival.onKnown?.(own.scope);
      await this.limits.take(own);
    }
    const tenant = await this.resolve(authentication, arrival);
    const scope = scopeOf(arrival, authentication, tenant);
    await this.forgeries.record(authentication, scope);
    const requestsPerMinute = tenant?.limits.requestsPerMinute ?? null;
    return { scope, expiresAt: authentication.expiresAt, requestsPerMinute };
  }

  /**
   * Who sends it. A request without a credential that counts is counted for its address: before any look-up, where
   * nothing vouches for the credential.
   */
  private async authenticate({ headers, origin }: Arrival): Promise<Authentication> {
    const presented: Presented = await this.authenticator.read({ headers });
    const isTrusted = this.authenticator.isTrusted(presented);
    if (!isTrusted) await this.limits.takeFromAddress(origin.ip);
    const authentication = await this.authenticator.lookUp(presented);
    const counts = authentication.viewer.kind !== 'anonymous';
    if (isTrusted && !counts) await this.limits.takeFromAddress(origin.ip);
    if (!isTrusted && counts) this.limits.giveBackToAddress(origin.ip);
    return authentication;
  }

  /** What the tenant of a credential may send; null where that tenant is gone. */
  private async ownAllowance(authentication: Authentication, arrival: Arrival): Promise<Allowance | null> {
    const { tenantId } = authentication;
    const tenant = tenantId && (await this.tenants.recent({ id: tenantId }));
    if (!tenant) return null;
    return {
      scope: scopeOf(arrival, authentication, tenant),
      requestsPerMinute: tenant.limits.requestsPerMinute,
    };
  }

  private async resolve(authentication: Authentication, arrival: Arrival) {
    const { headers } = arrival;
    try {
      return await this.resolver.resolve({
        host: requestHost(headers, this.settings.TRUSTED_PROXIES),
        header: [headers['x-tenant-subdomain']].flat()[0],
        credentialTenantId: authentication.tenantId,
      });
    } catch (error) {
      if (error instanceof TenantMismatchError) await this.recordViolation(error, authentication, arrival);
      throw error;
    }
  }

  /** A violation stands in the log of the tenant whose credential was used; no other tenant is told. */
  private async recordViolation(
    { credentialTenantId, named }: TenantMismatchError,
    { viewer }: Authentication,
    { requestId, origin }: Arrival,
  ): Promise<void> {
    if (!credentialTenantId) return;
    const scope = { tenant: { id: credentialTenantId, subdomain: '' }, viewer, requestId, origin };
    await this.runner.run(scope, () =>
      this.refusals.record({ action: 'security.tenant_violation', details: { named } }),
    );
  }
}

function scopeOf(
  { requestId, origin }: Arrival,
  { viewer }: Authentication,
  tenant: { readonly _id: NonNullable<TenantScope['tenant']>['id']; readonly subdomain: string } | null,
): TenantScope {
  const identity = tenant && { id: tenant._id, subdomain: tenant.subdomain };
  return tenantScope({ tenant: identity, viewer, requestId, origin });
}
