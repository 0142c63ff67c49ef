import { randomUUID } from 'node:crypto';
import { HttpException, Inject, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { RightsWatch } from '../../auth/rights-watch.js';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { type LinkPurpose, SignedLinks } from '../../links/signed-links.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { requestHost } from '../../tenancy/request-host.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import { TenantResolver } from '../../tenancy/tenant-resolver.js';
import { TenantRunner } from '../../tenancy/tenant-runner.js';
import { type TenantScope, tenantScope } from '../../tenancy/tenant-scope.js';
import type { TenantDocument } from '../../tenancy/tenant.schema.js';
import { RefusalLog } from '../audit/refusal-log.js';
import { LinkDownloads } from './link-downloads.js';

/** What is said of each kind of link, in audit rows and in answers. */
const WORDS = {
  recordings: { thing: 'recording', aLink: "a recording's link", label: 'recording link' },
  exports: { thing: 'export', aLink: "an export's link", label: 'export link' },
} as const satisfies Record<LinkPurpose, object>;

/** A request that has come by a signed link. */
export interface LinkRequest {
  readonly purpose: LinkPurpose;
  readonly file: string;
  readonly expires: unknown;
  readonly signature: unknown;
  readonly request: Request;
  readonly response: Response;
}

/** The one way in for people who open a signed link. */
@Injectable()
export class SignedLinkRequests {
  constructor(
    private readonly links: SignedLinks,
    private readonly downloads: LinkDownloads,
    private readonly tenants: TenantDirectory,
    private readonly resolver: TenantResolver,
    private readonly refusals: RefusalLog,
    private readonly rights: RightsWatch,
    private readonly runner: TenantRunner,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /**
   * Serves a link in the scope of its tenant, as a person's link: with the request's own id, address and user agent.
   * The order is signature, bounds, look-ups, records. The line is cut when the tenant is suspended meanwhile.
   * @param tenantOf finds the tenant of what the link leads to; null for what is gone.
   * @param work answers the request; it gets the scope it runs in.
   * @throws HttpException 403 for a link that is not valid; 404 for one whose tenant is gone or suspended, or that comes
   * with another tenant's name in its host or header, which is put on record; 429 beyond the downloads at a time.
   */
  async serve(
    link: LinkRequest,
    tenantOf: () => Promise<ObjectId | null>,
    work: (scope: TenantScope) => Promise<void>,
  ): Promise<void> {
    const { purpose, file, expires, signature, response } = link;
    if (!this.links.isValid(purpose, file, expires, signature))
      throw new HttpException('The link is not valid or has expired', 403);
    const leaveLink = this.downloads.ofLink(purpose, file, response);
    try {
      const tenant = await this.activeTenant(await tenantOf());
      if (!tenant) throw this.missing(purpose);
      const scope = scopeOf(link, tenant);
      await this.runner.run(scope, async () => {
        await this.assertOwnName(link, tenant);
        const leaveTenant = this.downloads.ofTenant(purpose, tenant._id, response);
        const stopWatching = this.cutWith(scope, response);
        try {
          await work(scope);
        } finally {
          stopWatching();
          leaveTenant();
        }
      });
    } finally {
      leaveLink();
    }
  }

  /** Cuts the line when the scope's viewer loses what the download began with. Returns how to stop watching. */
  cutWith(scope: TenantScope, response: Response): () => void {
    return this.rights.watch(scope, () => {
      response.destroy();
    });
  }

  /** The answer where there is nothing behind a link. */
  missing(purpose: LinkPurpose): HttpException {
    return new HttpException(`There is no such ${WORDS[purpose].thing}`, 404);
  }

  private async activeTenant(id: ObjectId | null): Promise<TenantDocument | null> {
    const tenant = id && (await this.tenants.recent({ id }));
    return tenant?.isActive ? tenant : null;
  }

  /** @throws HttpException 404, on record, where host or header name another tenant than the link's. */
  private async assertOwnName({ purpose, request }: LinkRequest, tenant: TenantDocument): Promise<void> {
    const { headers } = request;
    const { TRUSTED_PROXIES, PUBLIC_URL } = this.settings;
    const host = this.resolver.subdomainOf(requestHost(headers, TRUSTED_PROXIES));
    const header = [headers['x-tenant-subdomain']].flat()[0]?.trim().toLowerCase() ?? '';
    // Links begin with PUBLIC_URL, whose host names no tenant.
    const own = [tenant.subdomain, this.resolver.subdomainOf(new URL(PUBLIC_URL).host)];
    const byHost = host !== null && !own.includes(host);
    if (!byHost && (header === '' || header === tenant.subdomain)) return;
    const named = byHost
      ? `on the host of ${host.slice(0, 100)}`
      : `with the name of ${header.slice(0, 100)}`;
    await this.refusals.record(
      { action: 'security.tenant_violation', details: { named: `${WORDS[purpose].aLink} ${named}` } },
      purpose,
    );
    throw this.missing(purpose);
  }
}

function scopeOf({ purpose, request, response }: LinkRequest, tenant: TenantDocument): TenantScope {
  return tenantScope({
    tenant: { id: tenant._id, subdomain: tenant.subdomain },
    viewer: { kind: 'link', label: WORDS[purpose].label },
    requestId: response.get('X-Request-Id') ?? randomUUID(),
    origin: { transport: 'http', ip: request.ip ?? null, userAgent: request.get('user-agent') ?? null },
  });
}
