import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';

/**
 * The address a request came from, for HTTP and sockets alike: the far end of the connection, or what the last
 * trusted proxy wrote down. X-Forwarded-For counts only as far back as there are trusted proxies, since everything
 * before was written by the client.
 */
export function clientIp(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  trustedProxies: number,
): string | null {
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
  const nearestFirst = forwarded
    .map(address => address.trim())
    .filter(address => address !== '')
    .reverse();
  const addresses = [socket.remoteAddress, ...nearestFirst];
  const address = addresses[Math.min(trustedProxies, addresses.length - 1)];
  if (address !== undefined && ipaddr.isValid(address)) return ipaddr.process(address).toString();
  return socket.remoteAddress ?? null;
}
