import { describe, expect, it } from '@jest/globals';
import { signUpLink, tenantLink } from './tenant-link.js';

const link = (settings: { APP_URL?: string; PUBLIC_URL: string; BASE_DOMAIN: string }) =>
  tenantLink({ APP_URL: undefined, ...settings }, 'acme', 'reset-password', 'abc');

describe('A link for a tenant’s people', () => {
  it.each([
    [
      { PUBLIC_URL: 'https://voho.example', BASE_DOMAIN: 'voho.example' },
      'https://acme.voho.example/reset-password#token=abc',
    ],
    [
      { PUBLIC_URL: 'http://127.0.0.1:3000', BASE_DOMAIN: 'voho.localhost' },
      'http://acme.voho.localhost:3000/reset-password#token=abc',
    ],
    [
      {
        PUBLIC_URL: 'https://api.example',
        BASE_DOMAIN: 'x.example',
        APP_URL: 'https://app.example/{subdomain}',
      },
      'https://app.example/acme/reset-password#token=abc',
    ],
  ])('made from %j', (settings, expected) => {
    expect(link(settings)).toBe(expected);
  });
});

describe('A link for a new tenant', () => {
  it.each([
    [undefined, 'https://voho.example/sign-up'],
    ['https://{subdomain}.app.example', 'https://app.example/sign-up'],
    ['https://app.example/{subdomain}', 'https://app.example/sign-up'],
    ['https://app.example/t/{subdomain}/x', 'https://app.example/t/x/sign-up'],
  ])('names no subdomain where APP_URL is %s', (APP_URL, page) => {
    const settings = { APP_URL, PUBLIC_URL: 'https://voho.example', BASE_DOMAIN: 'voho.example' };
    const url = signUpLink(settings, 'a+b@c.example', 'abc');
    expect(url).toBe(`${page}#token=abc&email=a%2Bb%40c.example`);
    expect(new URLSearchParams(new URL(url).hash.slice(1)).get('email')).toBe('a+b@c.example');
  });
});
