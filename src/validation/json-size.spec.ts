import { describe, expect, it } from '@jest/globals';
import { faultOfJson, MOST_VALUES } from './json-size.js';

const faultOf = (text: string) => faultOfJson(Buffer.from(text));

describe('A JSON text', () => {
  it.each([
    '',
    '{}',
    '[1,2,{"a":[]}]',
    JSON.stringify('[{,'.repeat(MOST_VALUES)),
    JSON.stringify({ 'a"[[[\\"': `${'\\'.repeat(5000)}",[`.repeat(3000) }),
    `[${Array.from({ length: MOST_VALUES - 1 }, () => 'é').join(',')}]`,
    '[[[[[[',
    ']]]]',
    '"\\',
  ])('is parsed when it has few values, whatever its texts hold (%#)', text => {
    expect(faultOf(text)).toBeNull();
  });

  it.each([
    ['objects', `[${Array.from({ length: MOST_VALUES }, () => '{}').join(',')}]`],
    ['numbers', `[${'1,'.repeat(MOST_VALUES)}1]`],
    ['members', `{${'"a":1,'.repeat(MOST_VALUES)}"a":1}`],
    ['lists in each other and beside', '[[],'.repeat(MOST_VALUES / 2)],
  ])('is refused when it has too many values: %s', (_what, text) => {
    expect(faultOf(text)).toMatch(/has more than 10000 values|levels deep/);
  });

  it.each(['[', '{"a":', '[{"a":'])('is refused when its %s are nested too deep', opening => {
    expect(faultOf(opening.repeat(4000))).toMatch(/levels deep/);
  });
});
