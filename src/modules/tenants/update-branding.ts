import { Injectable } from '@nestjs/common';
import { DomainError } from '../../errors/domain-error.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import type { TenantDocument } from '../../tenancy/tenant.schema.js';
import { AuditLog } from '../audit/audit-log.js';
import { DEFAULT_COLOUR } from './branding.js';
import { TenantsService } from './tenants.service.js';
import type { UpdateBrandingInput } from './update-branding.input.js';

type Branding = TenantDocument['branding'];

/** Changes how the running operation's tenant looks. */
@Injectable()
export class UpdateBranding {
  constructor(
    private readonly service: TenantsService,
    private readonly tenants: TenantDirectory,
    private readonly audit: AuditLog,
    private readonly work: UnitOfWork,
  ) {}

  /** Applies what the input holds and records which fields have changed; nothing changed, nothing recorded. */
  run(input: UpdateBrandingInput): Promise<TenantDocument> {
    return this.work.run(async () => {
      const before = await this.service.current();
      const branding = brandingAfter(before.branding, input);
      const changed = (['name', 'logoUrl', 'primaryColor'] as const).filter(
        field => branding[field] !== before.branding[field],
      );
      if (changed.length === 0) return before;
      const after = await this.tenants.update(before._id, { $set: { branding } });
      if (!after) throw new DomainError('TENANT_NOT_FOUND');
      await this.audit.record({ action: 'branding.updated', details: { changed } });
      return after;
    });
  }
}

/** Absent leaves, null clears. */
export function brandingAfter(before: Branding, input: UpdateBrandingInput): Branding {
  return {
    name: input.name === undefined ? before.name : input.name,
    logoUrl: input.logoUrl === undefined ? before.logoUrl : input.logoUrl,
    primaryColor:
      input.primaryColor === undefined ? before.primaryColor : (input.primaryColor ?? DEFAULT_COLOUR),
  };
}
