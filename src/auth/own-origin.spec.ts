import { describe, expect, it } from '@jest/globals';
import { isOwnOrigin } from './own-origin.js';

const settings = (PUBLIC_URL: string, TRUSTED_PROXIES = 0) => ({
  PUBLIC_URL,
  TRUSTED_PROXIES,
  ALLOWED_ORIGINS: ['https://app.example'],
});

describe('isOwnOrigin', () => {
  it.each([
    ['http:', 'd:80', 'http://d'],
    ['http:', 'd', 'http://d:80'],
    ['https:', 'd:443', 'https://d'],
    ['https:', 'D.Example:443', 'https://d.example'],
    ['https:', 'd.example.', 'https://d.example'],
    ['https:', 'd.example.:443', 'https://d.example.'],
    ['http:', '[::1]:80', 'http://[::1]'],
    ['http:', 'd:8080', 'http://d:8080'],
    ['https:', 'd', 'HTTPS://D'],
    ['https:', 'other', 'https://app.example'],
  ])('says yes over %s to the host %s with the origin %s', (scheme, host, origin) => {
    expect(isOwnOrigin({ host, origin }, settings(`${scheme}//public.example`))).toBe(true);
  });

  it.each([
    ['http:', 'd:443', 'http://d'],
    ['https:', 'd:80', 'https://d'],
    ['https:', 'd', 'http://d'],
    ['https:', 'd:8443', 'https://d'],
    ['https:', 'd', 'https://d.evil'],
    ['https:', 'd', 'https://d/'],
    ['https:', 'd', 'https://u@d'],
    ['https:', 'd', 'https://d?x'],
    ['https:', 'd', 'null'],
    ['https:', 'd', ''],
    ['https:', '', 'https://'],
    ['https:', 'other', 'https://APP.example.'],
    ['https:', 'other', 'https://app.example:8443'],
  ])('says no over %s to the host %s with the origin %s', (scheme, host, origin) => {
    expect(isOwnOrigin({ host, origin }, settings(`${scheme}//public.example`))).toBe(false);
  });

  it('reads the host that a trusted proxy names', () => {
    const headers = { host: 'inner:3000', 'x-forwarded-host': 'D:443', origin: 'https://d' };
    expect(isOwnOrigin(headers, settings('https://public.example', 1))).toBe(true);
    expect(isOwnOrigin(headers, settings('https://public.example', 0))).toBe(false);
  });
});
