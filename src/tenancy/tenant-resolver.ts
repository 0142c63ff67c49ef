import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '../config/settings.js';
import { DomainError } from '../errors/domain-error.js';
import type { ObjectId } from '../mongo/object-id.js';
import { TenantDirectory } from './tenant-directory.js';
import type { TenantDocument } from './tenant.schema.js';

/** What a request says about its tenant. */
export interface TenantClues {
  readonly host: string | undefined;
  readonly header: string | undefined;
  /** The tenant that the credential belongs to. */
  readonly credentialTenantId: ObjectId | null;
}

/** Host, header and credential name different tenants; `credentialTenantId` is where it is recorded. */
export class TenantMismatchError extends DomainError {
  constructor(
    readonly credentialTenantId: ObjectId | null,
    readonly named: string,
  ) {
    super('TENANT_MISMATCH');
  }
}

/** Decides which tenant a request is for: by its host, else the header, else the credential. */
@Injectable()
export class TenantResolver {
  constructor(
    private readonly tenants: TenantDirectory,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /**
   * @returns the tenant, or null when the request names none.
   * @throws DomainError TENANT_NOT_FOUND or TENANT_INACTIVE, TenantMismatchError when the clues disagree.
   */
  async resolve(clues: TenantClues): Promise<TenantDocument | null> {
    const fromHost = this.subdomainOf(clues.host);
    const header = clues.header?.trim().toLowerCase() ?? '';
    const fromHeader = header === '' ? null : header;
    if (fromHost && fromHeader && fromHost !== fromHeader) {
      throw new TenantMismatchError(clues.credentialTenantId, `${fromHost} and ${fromHeader}`.slice(0, 100));
    }
    const subdomain = fromHost ?? fromHeader;
    const tenant = subdomain
      ? await this.tenants.recent({ subdomain })
      : clues.credentialTenantId && (await this.tenants.recent({ id: clues.credentialTenantId }));
    if (subdomain && clues.credentialTenantId && !tenant?._id.equals(clues.credentialTenantId)) {
      throw new TenantMismatchError(clues.credentialTenantId, subdomain.slice(0, 100));
    }
    if (!tenant) {
      if (subdomain) throw new DomainError('TENANT_NOT_FOUND', 'There is no tenant of that name.');
      return null;
    }
    if (!tenant.isActive) throw new DomainError('TENANT_INACTIVE');
    return tenant;
  }

  /** The `<subdomain>` of a host `<subdomain>.<BASE_DOMAIN>`, without its port; null for any other host. */
  subdomainOf(host: string | undefined): string | null {
    const name = host?.replace(/:\d+$/, '').replace(/\.$/, '') ?? '';
    const suffix = `.${this.settings.BASE_DOMAIN}`;
    return name.endsWith(suffix) ? name.slice(0, -suffix.length) || null : null;
  }
}
