import type { Settings } from '../config/settings.js';

/** The pages that links in mails lead to: an app's own, or those that the server itself has. */
export const MAIL_PAGES = ['reset-password', 'accept-invitation', 'verify-email', 'sign-up'] as const;
export type MailPage = (typeof MAIL_PAGES)[number];

type LinkSettings = Pick<Settings, 'APP_URL' | 'PUBLIC_URL' | 'BASE_DOMAIN'>;

/**
 * A link for a tenant's people. It is made from the configuration alone: a Host header would let anybody send others a
 * link to himself. The token stands in the fragment, which browsers send to no server and name in no referrer.
 */
export function tenantLink(
  { APP_URL, PUBLIC_URL, BASE_DOMAIN }: LinkSettings,
  subdomain: string,
  page: Exclude<MailPage, 'sign-up'>,
  token: string,
): string {
  const { protocol, port } = new URL(PUBLIC_URL);
  const own = `${protocol}//{subdomain}.${BASE_DOMAIN}${port && `:${port}`}`;
  return `${(APP_URL ?? own).replaceAll('{subdomain}', subdomain)}/${page}#token=${token}`;
}

/** A link to the page for a new tenant, which has no subdomain yet: `{subdomain}` is left out of APP_URL. */
export function signUpLink({ APP_URL, PUBLIC_URL }: LinkSettings, email: string, token: string): string {
  const app = APP_URL?.replaceAll('{subdomain}.', '')
    .replaceAll(/[./-]?\{subdomain\}/g, '')
    .replace(/\/+$/, '');
  const fragment = new URLSearchParams({ token, email });
  return `${app ?? PUBLIC_URL}/sign-up#${fragment.toString()}`;
}
