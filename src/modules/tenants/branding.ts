import type { TenantDocument } from '../../tenancy/tenant.schema.js';

/** The colour of tenants that have chosen none. */
export const DEFAULT_COLOUR = '#4f46e5';

/** The branding of a new tenant: its name stands in for all that is not chosen yet. */
export const NEW_BRANDING: Readonly<TenantDocument['branding']> = Object.freeze({
  name: null,
  logoUrl: null,
  primaryColor: DEFAULT_COLOUR,
});
