import { describe, expect, it } from '@jest/globals';
import { newSubdomain } from './sign-up-tenant.input.js';

describe('newSubdomain', () => {
  it.each(['abc', 'acme', 'test', 'a-b', '123', 'x'.repeat(40)])('accepts %s', subdomain => {
    expect(newSubdomain.safeParse(subdomain).success).toBe(true);
  });

  it.each(['', 'ab', 'x'.repeat(41), 'Acme', 'a_b', 'a.b', 'ä-b', '-ab', 'ab-', 'a b', 'abc\n'])(
    'refuses %j',
    subdomain => {
      expect(newSubdomain.safeParse(subdomain).success).toBe(false);
    },
  );

  it.each(['www', 'api', 'app', 'admin', 'mail', 'graphql', 'xn--mnchen-3ya'])('reserves %s', subdomain => {
    expect(newSubdomain.safeParse(subdomain).error?.issues.map(issue => issue.message)).toEqual([
      'is reserved',
    ]);
  });
});
