import ipaddr from 'ipaddr.js';

/**
 * Whom an address counts for, where something is limited per address: IPv4 addresses by themselves, IPv6 ones by their
 * network of 64 bits, because a single customer usually has all of it.
 */
export function addressGroup(address: string): string {
  if (!ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return `${parsed.toNormalizedString().split(':').slice(0, 4).join(':')}::/64`;
}
