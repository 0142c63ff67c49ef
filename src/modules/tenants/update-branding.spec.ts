import { describe, expect, it } from '@jest/globals';
import { DEFAULT_COLOUR } from './branding.js';
import { brandingAfter } from './update-branding.js';

const before = { name: 'Acme', logoUrl: 'https://acme.test/logo.svg', primaryColor: '#112233' };

describe('brandingAfter', () => {
  it('leaves what is absent', () => {
    expect(brandingAfter(before, {})).toEqual(before);
    expect(brandingAfter(before, { name: 'Acme Calls' })).toEqual({ ...before, name: 'Acme Calls' });
  });

  it('clears what is null, the colour to the default', () => {
    expect(brandingAfter(before, { name: null, logoUrl: null, primaryColor: null })).toEqual({
      name: null,
      logoUrl: null,
      primaryColor: DEFAULT_COLOUR,
    });
  });
});
