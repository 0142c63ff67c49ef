import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { clientIp } from './client-ip.js';

const request = (forwarded: string | undefined, remoteAddress: string | undefined = '192.0.2.1') =>
  ({
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    socket: { remoteAddress },
  }) as unknown as IncomingMessage;

describe('clientIp', () => {
  it.each([
    [0, '203.0.113.1', '192.0.2.1'],
    [1, '203.0.113.1', '203.0.113.1'],
    [1, '203.0.113.1, 203.0.113.2', '203.0.113.2'],
    [2, '203.0.113.1, 203.0.113.2', '203.0.113.1'],
    [2, '203.0.113.2', '203.0.113.2'],
    [3, undefined, '192.0.2.1'],
    [1, 'unknown', '192.0.2.1'],
    [1, '203.0.113.1\r\nx', '192.0.2.1'],
    [1, '::ffff:203.0.113.1', '203.0.113.1'],
    [1, '203.0.113.7:4711', '203.0.113.7'],
    [1, '198.51.100.1:1, 203.0.113.7:4711', '203.0.113.7'],
    [2, '203.0.113.7:4711, 198.51.100.1:443', '203.0.113.7'],
    [1, '[2001:db8::7]:4711', '2001:db8::7'],
    [1, '[2001:db8::7]', '2001:db8::7'],
    [1, '2001:DB8::7', '2001:db8::7'],
    [1, '"[2001:db8::7]:4711"', '2001:db8::7'],
    [1, '"203.0.113.7:4711"', '203.0.113.7'],
    [1, 'fe80::7%eth0', 'fe80::7'],
    [1, '[::ffff:203.0.113.7]:4711', '203.0.113.7'],
    [1, '203.0.113.7:port', '192.0.2.1'],
    [1, '203.0.113.7:4711:1', '192.0.2.1'],
    [1, '203.0.113', '192.0.2.1'],
    [1, '1', '192.0.2.1'],
    [1, '_hidden', '192.0.2.1'],
    [1, '[2001:db8::7', '192.0.2.1'],
    [1, ' , ', '192.0.2.1'],
  ])('behind %i proxies, with X-Forwarded-For %j, is %s', (proxies, forwarded, expected) => {
    expect(clientIp(request(forwarded), proxies)).toBe(expected);
  });

  it('is null once the connection is gone', () => {
    expect(clientIp({ headers: {}, socket: {} } as unknown as IncomingMessage, 0)).toBeNull();
  });
});
