import { describe, expect, it } from '@jest/globals';
import { requestHost } from './request-host.js';

const host = 'proxy.internal:3000';

describe('The host of a request', () => {
  it.each([
    ['is the raw one', { host: 'ACME.voho.example' }, 0, 'acme.voho.example'],
    ['ignores what anybody may have forwarded', { host, 'x-forwarded-host': 'b.voho.example' }, 0, host],
    ['is what a trusted proxy says', { host, 'x-forwarded-host': 'a.voho.example' }, 1, 'a.voho.example'],
    ['is the raw one where a trusted proxy says nothing', { host }, 1, host],
    [
      'is what the farthest trusted proxy says, and nothing that was there before it',
      { host, 'x-forwarded-host': 'forged.example, a.voho.example, inner.example' },
      2,
      'a.voho.example',
    ],
    ['is what the only one says', { host, 'x-forwarded-host': 'a.voho.example' }, 2, 'a.voho.example'],
    ['is none where there is none', {}, 0, undefined],
  ] as const)('%s', (_name, headers, trustedProxies, expected) => {
    expect(requestHost(headers, trustedProxies)).toBe(expected);
  });
});
