import { describe, expect, it } from '@jest/globals';
import { requestedRange } from './requested-range.js';

describe('A Range header for a file of 1000 bytes', () => {
  it.each<[string, number, number]>([
    ['bytes=0-0', 0, 0],
    ['bytes=100-199', 100, 199],
    ['bytes=100-', 100, 999],
    ['bytes=0-', 0, 999],
    ['bytes=999-999', 999, 999],
    ['bytes=-1', 999, 999],
    ['bytes=-1000', 0, 999],
    ['bytes=-1001', 0, 999],
    ['bytes=-99999999', 0, 999],
    ['bytes=-99999999999999999999999999', 0, 999],
    ['bytes=10-99999999999999999999999999', 10, 999],
    ['bytes=00010-00019', 10, 19],
    ['Bytes=5-9', 5, 9],
    ['BYTES=-5', 995, 999],
    ['bytes= 5-9 ', 5, 9],
    ['bytes=,5-9,', 5, 9],
  ])('%s asks for the bytes %i to %i', (header, start, end) => {
    expect(requestedRange(header, 1000)).toEqual({ start, end });
  });

  it.each([
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=,',
    'bytes=-',
    'bytes=a-b',
    'bytes=5',
    'bytes=5-2',
    'bytes=+5-9',
    'bytes=5 - 9',
    'bytes=5.0-9',
    'bytes=0x5-9',
    'bytes=--5',
    'bytes=0-1,5-6',
    'bytes=0-1, bytes=5-6',
    'bytes=0-1,nonsense',
    'seconds=1-2',
    'xbytes=0-1',
    'bytes:0-1',
  ])('that says %j counts as absent', header => {
    expect(requestedRange(header, 1000)).toBeNull();
  });

  it.each(['bytes=1000-', 'bytes=1000-1000', 'bytes=99999999999999999999-', 'bytes=-0', 'bytes=-000'])(
    '%s cannot be satisfied',
    header => {
      expect(requestedRange(header, 1000)).toBe('unsatisfiable');
    },
  );

  it.each(['bytes=0-', 'bytes=0-0', 'bytes=-1'])('%s cannot be satisfied by an empty file', header => {
    expect(requestedRange(header, 0)).toBe('unsatisfiable');
  });
});
