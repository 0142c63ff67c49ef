import ipaddr from 'ipaddr.js';

/** Ports that public receivers may have. Others belong to mail, databases and the like. */
export const RECEIVER_PORTS: readonly number[] = [80, 443, 8080, 8443];

/** Why an address may not be sent to; null when it may. */
export type AddressFault = 'address' | 'port';

/** An address and how many of its bits name the network. */
export type Network = ReturnType<typeof ipaddr.parseCIDR>;

/**
 * Whether a server may be sent to: its address is public and its port a usual one, or the operator has allowed the
 * network it is in. Addresses that wrap IPv4 ones are seen through.
 */
export function addressFault(
  address: string,
  port: number,
  allowed: readonly Network[],
): AddressFault | null {
  if (!ipaddr.isValid(address)) return 'address';
  const parsed = ipaddr.process(address);
  if (allowed.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits)))
    return null;
  if (!isPublic(parsed)) return 'address';
  return RECEIVER_PORTS.includes(port) ? null : 'port';
}

/**
 * Addresses of public ranges that answer inside of a cloud alone, with what is meant for its own machines: Azure's wire
 * server, and Google's doors to its APIs for private networks. Other clouds use ranges that are private by name.
 */
const CLOUD_INTERNAL: readonly Network[] = ['168.63.129.16/32', '199.36.153.4/30', '199.36.153.8/30'].map(
  network => ipaddr.parseCIDR(network),
);

/** IPv6 has given out 2000::/3 alone for the public; its other parts, and what is set apart in it, have names. */
function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast') return false;
  if (address instanceof ipaddr.IPv6)
    return address.match(ipaddr.parseCIDR('2000::/3')) && !isTunnelled(address);
  return !CLOUD_INTERNAL.some(network => address.match(network));
}

/** ISATAP (RFC 5214): the last 64 bits wrap the IPv4 address that a router of the site sends to. */
const isTunnelled = ({ parts }: ipaddr.IPv6): boolean =>
  parts[5] === 0x5efe && (parts[4] === 0 || parts[4] === 0x200);
