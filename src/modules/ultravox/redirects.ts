import { ProviderError } from './voice-provider.js';

const MOST_REDIRECTS = 3;

/**
 * Where a redirect leads, `hops` redirects after the first address.
 * @throws ProviderError for what is not followed: another protocol than http and https, http after https, or too many.
 */
export function redirectOf(from: URL, location: string, hops: number): URL {
  const next = URL.canParse(location, from.href) ? new URL(location, from) : null;
  const isAllowed = next?.protocol === 'https:' || (next?.protocol === 'http:' && from.protocol === 'http:');
  if (!next || !isAllowed || hops >= MOST_REDIRECTS)
    throw new ProviderError('rejected', 'The voice provider led to an address that is not followed.');
  return next;
}
