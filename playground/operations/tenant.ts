import type { ReadyMadeModule } from './ready-made.js';

/** The tenant and how it looks. */
export const tenant: ReadyMadeModule = {
  title: 'Tenant',
  operations: [
    {
      name: 'Tenant',
      about: 'Name, limits and settings of my tenant',
      query: `query Tenant {
  tenant {
    id
    subdomain
    name
    isActive
    branding { name logoUrl primaryColor }
    limits { maxConcurrentCalls requestsPerMinute monthlyCallMinutes }
    settings { retentionDays hasUltravoxApiKey } # null unless you are an admin
  }
}`,
    },
    {
      name: 'Branding',
      about: 'What a sign-in page shows; needs no sign-in',
      query: `query Branding($subdomain: String) {
  branding(subdomain: $subdomain) {
    name
    logoUrl
    primaryColor
  }
}`,
      variables: { subdomain: 'acme' },
    },
    {
      name: 'UpdateBranding',
      about: 'Change name, logo and colour (admins)',
      query: `mutation UpdateBranding($input: UpdateBrandingInput!) {
  updateBranding(input: $input) {
    name
    logoUrl
    primaryColor
  }
}`,
      variables: { input: { primaryColor: '#0f766e' } },
    },
  ],
};
