import { expect, it } from '@jest/globals';
import { normalForm } from './normal-form.js';

it.each(['e\u0301', '\ufb01', 'Z\u0324\u0308\u0307\u030a', 'שָׁלוֹם', 'ཧྐྵྨླྺྼྻྂ', '각', '\ufdfa', ''])(
  '%j is brought into the form that Unicode gives it',
  text => {
    expect(normalForm(text, 'NFC')).toBe(text.normalize('NFC'));
    expect(normalForm(text, 'NFKC')).toBe(text.normalize('NFKC'));
  },
);

// Unicode's algorithm alone would take minutes.
it.each(['\u0301\u0316', '\u0345\u0301', '\u302a\u0334'])('%j, half a million times, is cut', marks => {
  expect(normalForm(`a${marks.repeat(500_000)}b`, 'NFKC').length).toBeLessThan(40);
});
