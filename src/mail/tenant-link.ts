import type { Settings } from '../config/settings.js';

/**
 * A link for a tenant's people. It is made from the configuration alone: a Host header would let anybody send others a
 * link to himself. The token stands in the fragment, which browsers send to no server and name in no referrer.
 */
export function tenantLink(
  { APP_URL, PUBLIC_URL, BASE_DOMAIN }: Pick<Settings, 'APP_URL' | 'PUBLIC_URL' | 'BASE_DOMAIN'>,
  subdomain: string,
  page: 'reset-password' | 'accept-invitation',
  token: string,
): string {
  const { protocol, port } = new URL(PUBLIC_URL);
  const own = `${protocol}//{subdomain}.${BASE_DOMAIN}${port && `:${port}`}`;
  return `${(APP_URL ?? own).replaceAll('{subdomain}', subdomain)}/${page}#token=${token}`;
}
