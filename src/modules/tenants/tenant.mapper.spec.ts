import { describe, expect, it } from '@jest/globals';
import { newObjectId } from '../../mongo/object-id.js';
import type { TenantDocument } from '../../tenancy/tenant.schema.js';
import { NEW_BRANDING } from './branding.js';
import { brandingModel, tenantModel } from './tenant.mapper.js';

const tenant: TenantDocument = {
  _id: newObjectId(),
  subdomain: 'acme',
  name: 'Acme',
  isActive: true,
  branding: NEW_BRANDING,
  retentionDays: 30,
  sealedUltravoxApiKey: 'v1.sealed.canary.key',
  limits: { maxConcurrentCalls: 5, requestsPerMinute: 100, monthlyCallMinutes: null },
  createdAt: new Date(),
};

describe('tenantModel', () => {
  it('shows settings to admins only', () => {
    expect(tenantModel(tenant, { isForAdmin: false }).settings).toBeNull();
    expect(tenantModel(tenant, { isForAdmin: true }).settings).toEqual({
      retentionDays: 30,
      hasUltravoxApiKey: true,
    });
  });

  it('never shows the provider key, sealed or not', () => {
    expect(JSON.stringify(tenantModel(tenant, { isForAdmin: true }))).not.toContain('canary');
  });
});

describe('brandingModel', () => {
  it("falls back to the tenant's name", () => {
    expect(brandingModel(tenant).name).toBe('Acme');
    expect(brandingModel({ ...tenant, branding: { ...NEW_BRANDING, name: 'Acme Calls' } }).name).toBe(
      'Acme Calls',
    );
  });
});
