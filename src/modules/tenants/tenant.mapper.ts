import { toPublicId } from '../../ids/public-id.js';
import type { TenantDocument } from '../../tenancy/tenant.schema.js';
import { isVerified } from '../../tenancy/tenant-verification.js';
import type { BrandingModel, TenantModel } from './tenant.model.js';

/** What clients see of a tenant; the settings only where `isForAdmin` says that an admin will read it. */
export function tenantModel(tenant: TenantDocument, { isForAdmin }: { isForAdmin: boolean }): TenantModel {
  const { maxConcurrentCalls, requestsPerMinute, monthlyCallMinutes } = tenant.limits;
  return {
    id: toPublicId('tenant', tenant._id),
    subdomain: tenant.subdomain,
    name: tenant.name,
    isActive: tenant.isActive,
    isVerified: isVerified(tenant),
    branding: brandingModel(tenant),
    settings: isForAdmin
      ? { retentionDays: tenant.retentionDays, hasUltravoxApiKey: tenant.sealedUltravoxApiKey !== null }
      : null,
    limits: { maxConcurrentCalls, requestsPerMinute, monthlyCallMinutes },
    createdAt: tenant.createdAt,
  };
}

/** How a tenant looks, to anybody. */
export function brandingModel({ name, branding }: Pick<TenantDocument, 'name' | 'branding'>): BrandingModel {
  return { name: branding.name ?? name, logoUrl: branding.logoUrl, primaryColor: branding.primaryColor };
}
