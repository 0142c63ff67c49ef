import { describe, expect, it } from '@jest/globals';
import { metricsAccess } from './metrics-access.js';

const token = 'a-token-of-at-least-16';
const sent = (authorization?: string) => ({ headers: authorization === undefined ? {} : { authorization } });

describe('metricsAccess', () => {
  it.each([true, false])('asks for the token when there is one, production or not (%s)', isProduction => {
    const settings = { METRICS_TOKEN: token, isProduction };
    expect(metricsAccess(settings, sent(`Bearer ${token}`), ['192.0.2.1'])).toBe('open');
    for (const wrong of [undefined, '', 'Bearer', `Bearer ${token}x`, `bearer ${token}`, token]) {
      expect(metricsAccess(settings, sent(wrong), ['127.0.0.1'])).toBe('unauthenticated');
    }
  });

  it('hides them in production when there is no token', () => {
    const settings = { METRICS_TOKEN: undefined, isProduction: true };
    expect(metricsAccess(settings, sent('Bearer undefined'), ['127.0.0.1'])).toBe('hidden');
  });

  it('opens them outside production to this machine alone', () => {
    const settings = { METRICS_TOKEN: undefined, isProduction: false };
    for (const local of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1']) {
      expect(metricsAccess(settings, sent(), [local, local])).toBe('open');
    }
    for (const other of ['192.0.2.1', '10.0.0.1', '::ffff:192.0.2.1', '0.0.0.0', 'localhost', undefined]) {
      expect(metricsAccess(settings, sent(), ['127.0.0.1', other])).toBe('hidden');
      expect(metricsAccess(settings, sent(), [other, '127.0.0.1'])).toBe('hidden');
    }
  });
});
