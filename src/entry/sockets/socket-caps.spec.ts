import { describe, expect, it } from '@jest/globals';
import { MAX_STRANGERS_PER_ADDRESS, SocketCaps } from './socket-caps.js';

/** The nth address of a network, or the same one again. */
const FILLED: readonly (readonly [by: string, nth: (n: number) => string | null, other: string])[] = [
  ['addresses of one /64 network', n => `2001:db8::${n.toString(16)}`, '2001:db8:0:1::1'],
  ['an IPv4 address', () => '203.0.113.7', '203.0.113.8'],
  [
    'an IPv4 address, mapped and plain',
    n => (n % 2 ? '203.0.113.7' : '::ffff:203.0.113.7'),
    '::ffff:203.0.113.8',
  ],
  ['unknown addresses', () => null, '203.0.113.7'],
];

describe('The cap of strangers', () => {
  it.each(FILLED)('is filled by %s, and leaves room for others', (_by, nth, other) => {
    const caps = new SocketCaps();
    const leave = Array.from({ length: MAX_STRANGERS_PER_ADDRESS }, (_, n) => caps.enterAddress(nth(n + 1)));
    expect(leave).not.toContain(null);
    expect(caps.enterAddress(nth(MAX_STRANGERS_PER_ADDRESS + 1))).toBeNull();
    expect(caps.enterAddress(other)).not.toBeNull();
    leave[0]?.();
    expect(caps.enterAddress(nth(1))).not.toBeNull();
  });
});
