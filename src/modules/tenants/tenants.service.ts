import { Injectable } from '@nestjs/common';
import { isAllowed } from '../../auth/permissions.js';
import { DomainError } from '../../errors/domain-error.js';
import { toPublicId } from '../../ids/public-id.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import type { TenantDocument } from '../../tenancy/tenant.schema.js';
import { tenantModel } from './tenant.mapper.js';
import type { TenantModel } from './tenant.model.js';

/** Reads tenants' records. */
@Injectable()
export class TenantsService {
  constructor(
    private readonly tenants: TenantDirectory,
    private readonly context: TenantContext,
  ) {}

  /** The running operation's tenant, as it is now. @throws DomainError TENANT_NOT_FOUND when there is none. */
  async current(): Promise<TenantDocument> {
    const tenant = await this.tenants.findById(this.context.tenant.id);
    if (!tenant) throw new DomainError('TENANT_NOT_FOUND');
    return tenant;
  }

  /** The running operation's tenant by its public id; null for any other. */
  async find(publicId: string): Promise<TenantModel | null> {
    const { tenant, viewer } = this.context;
    if (publicId !== toPublicId('tenant', tenant.id)) return null;
    return tenantModel(await this.current(), { isForAdmin: isAllowed(viewer, 'tenant:manage') });
  }

  /**
   * The tenant whose branding is asked for: by its subdomain, else the running operation's.
   * @throws DomainError TENANT_NOT_FOUND; TENANT_INACTIVE for a suspended one.
   */
  async branded(subdomain: string | null): Promise<TenantDocument> {
    const tenant =
      subdomain === null
        ? await this.current()
        : await this.tenants.findBySubdomain(subdomain.trim().toLowerCase());
    if (!tenant) throw new DomainError('TENANT_NOT_FOUND', 'There is no tenant of that name.');
    if (!tenant.isActive) throw new DomainError('TENANT_INACTIVE');
    return tenant;
  }
}
