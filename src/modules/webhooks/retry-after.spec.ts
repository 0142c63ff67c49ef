import { expect, it } from '@jest/globals';
import { MOST_RETRY_AFTER_MS, retryAfterMs } from './retry-after.js';

const NOW = 'Sun, 06 Nov 1994 08:49:37 GMT';
const wait = (value: string | string[] | undefined) => retryAfterMs({ 'retry-after': value, date: NOW });

it.each<[string | string[], number]>([
  ['30', 30_000],
  [' 120 ', 120_000],
  ['007', 7000],
  [['3', '9'], 3000],
  ['Sun, 06 Nov 1994 08:50:37 GMT', 60_000],
  ['Sunday, 06-Nov-94 08:50:37 GMT', 60_000],
  ['Sun Nov  6 08:50:37 1994', 60_000],
  ['86401', MOST_RETRY_AFTER_MS],
  ['9'.repeat(400), MOST_RETRY_AFTER_MS],
  ['Fri, 31 Dec 9999 23:59:59 GMT', MOST_RETRY_AFTER_MS],
])('%j asks to be left alone for %d ms', (value, ms) => {
  expect(wait(value)).toBe(ms);
});

it.each([
  undefined,
  '',
  '0',
  '-5',
  '1.5',
  '1e3',
  '30s',
  '0x10',
  'soon',
  '2026-01-01',
  'Sun, 06 Nov 1994 08:48:37 GMT',
  'Sun, 06 Nov 1994 08:50:37 +0200',
  'Sun, 99 Nov 1994 08:50:37 GMT',
])('%j asks for nothing', value => {
  expect(wait(value)).toBeNull();
});

it('compares dates with the own clock where the answer has no date', () => {
  const in40s = new Date(Date.now() + 40_000).toUTCString();
  expect(retryAfterMs({ 'retry-after': in40s })).toBeGreaterThan(38_000);
});
