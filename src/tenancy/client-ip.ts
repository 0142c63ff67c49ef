import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';

/**
 * The address a request came from, for all doors alike: the far end of the connection, or what the last trusted proxy
 * wrote down. X-Forwarded-For counts only as far back as there are trusted proxies, since everything before was written
 * by the client. Null once the connection is gone.
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
  return (address === undefined ? null : parseAddress(address)) ?? socket.remoteAddress ?? null;
}

/** An address with a port, an IPv6 one in brackets; in quotation marks as RFC 7239 has it. */
const WITH_PORT = /^(?:\[([0-9a-f:.]+)(?:%[\w.~-]+)?\]|(\d{1,3}(?:\.\d{1,3}){3}))(?::\d{1,5})?$/i;

/** The address that a proxy wrote down, with a port or without one; null for what is none, such as `unknown`. */
function parseAddress(written: string): string | null {
  const text = /^"(.*)"$/.exec(written)?.[1] ?? written;
  const [, inBrackets, inDigits] = WITH_PORT.exec(text) ?? [];
  const address = inBrackets ?? inDigits ?? text.replace(/%[\w.~-]+$/, '');
  const isAddress = ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address);
  return isAddress ? ipaddr.process(address).toString() : null;
}
