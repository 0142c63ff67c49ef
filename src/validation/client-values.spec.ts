import { expect, it } from '@jest/globals';
import { faultOfStoredKey, faultOfValue, MOST_LEVELS } from './client-values.js';

const nested = (levels: number): unknown => {
  let value: unknown = 'x';
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
};

it.each<[string, unknown, string]>([
  ['half of a character', 'a\ud800b', 'v'],
  ['half of a character in a list', { a: ['x', '\udfff'] }, 'v.a[1]'],
  ['half of a character as a key', { a: { '\ud83d': 1 } }, 'v.a'],
  ['NUL as part of a key', { a: [{ 'b\u0000c': 1 }] }, 'v.a[0]'],
  ['a number that was rounded', { a: { b: 2 ** 64 } }, 'v.a.b'],
  ['a number without end', { a: [Infinity] }, 'v.a[0]'],
  ['lists in each other', { a: nested(MOST_LEVELS) }, 'v.a'],
  ['many more of them', { a: { b: nested(100_000) } }, 'v.a.b'],
])('%s is found by its path', (_what, value, path) => {
  expect(faultOfValue(value, 'v')).toEqual({ path, reason: expect.any(String) });
});

it.each<[string, unknown]>([
  ['pairs of surrogates', '😀\ud83d\ude00'],
  ['NUL in a text', { a: 'x\u0000' }],
  ['small and large numbers', [0, -0, 1.5, 5e-324, 2 ** 53 - 1, -(2 ** 53) + 1]],
  ['as many levels as are stored', nested(MOST_LEVELS)],
  ['nothing', null],
  ['what is left out', { a: undefined }],
])('%s is found good', (_what, value) => {
  expect(faultOfValue(value, 'v')).toBeNull();
});

it('the path that an error repeats is short, whatever keys are sent', () => {
  const fault = faultOfValue({ ['😀'.repeat(10_000)]: { b: '\ud800' } }, 'v');
  expect(fault?.path.length).toBeLessThan(210);
  expect(fault?.path.isWellFormed()).toBe(true);
});

it.each(['__proto__', 'constructor', 'prototype', '_bsontype', 'toBSON', 'toJSON', '$set', '$', 'a\u0000'])(
  'the key %j is not stored',
  key => {
    expect(faultOfStoredKey(key)).not.toBeNull();
  },
);

it.each(['', 'a', 'bsontype', 'proto', 'a.b', 'a$', 'имя'])('the key %j is stored', key => {
  expect(faultOfStoredKey(key)).toBeNull();
});
