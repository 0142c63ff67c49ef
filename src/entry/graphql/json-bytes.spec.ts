import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonBytes } from './json-bytes.js';

describe('The bytes of a value as JSON', () => {
  it('are those that JSON.stringify writes, whatever the value holds', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), value => {
        expect(jsonBytes(value, 1e9)).toBe(Buffer.byteLength(JSON.stringify(value)));
      }),
    );
  });

  it('are exact for dates, halves of characters, control characters and what JSON leaves out', () => {
    for (const value of [
      { at: new Date(0), none: undefined, list: [undefined, () => 1, Number.NaN] },
      ['\ud800', '\u0000\u001f', '"\\', 'ü', '😀'],
    ])
      expect(jsonBytes(value, 1e9)).toBe(Buffer.byteLength(JSON.stringify(value)));
  });

  it('are counted no further than they are allowed to be', () => {
    let looked = 0;
    const items = Array.from({ length: 1000 }, () => ({
      toJSON: () => {
        looked += 1;
        return 'x'.repeat(100);
      },
    }));
    expect(jsonBytes(items, 5000)).toBeGreaterThan(5000);
    expect(looked).toBeLessThan(100);
  });
});
