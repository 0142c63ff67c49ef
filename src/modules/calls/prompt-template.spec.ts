import { expect, it } from '@jest/globals';
import { fillPrompt } from './prompt-template.js';

it.each<[string, Record<string, unknown>, string]>([
  ['Hello {{name}}.', { name: 'Ada' }, 'Hello Ada.'],
  ['Привет, {{имя}}!', { имя: 'Ада' }, 'Привет, Ада!'],
  ['{{ 名前 }}様', { 名前: 'エイダ' }, 'エイダ様'],
  ['{{first name}} {{\n name \t}}', { 'first name': 'Ada', name: 'L.' }, 'Ada L.'],
  ['{{2nd}}', { '2nd': 2 }, '2'],
  ['{{e\u0301}}', { é: 'x' }, 'x'],
  ['{{order.id}} {{a-b}}', { 'order.id': 7, 'a-b': false }, '7 false'],
  ['{{{name}}}', { name: 'x' }, '{x}'],
  ['{{a}}', { a: '{{b}} $& $1', b: 'never' }, '{{b}} $& $1'],
  ['{{a}}', { a: { b: [1] } }, '{"b":[1]}'],
  ['{ "json": { "stays": 1 } }', {}, '{ "json": { "stays": 1 } }'],
])('%j is filled', (template, variables, prompt) => {
  expect(fillPrompt(template, variables)).toEqual({ prompt, missing: [] });
});

it.each<[string, Record<string, unknown>, string[]]>([
  ['{{имя}}', { name: 'x' }, ['имя']],
  ['{{ a b }} {{a b}}', {}, ['a b']],
  ['{{1}} {{2}}', { 1: 'x' }, ['2']],
  ['{{}}', {}, ['{{}}']],
  ['{{constructor}} {{__proto__}}', {}, ['constructor', '__proto__']],
  ['{{a{{b}}c}}', { b: 'x' }, ['{{a…c}}']],
  ['{{#if name}}x{{/if}}', { name: 'x' }, ['#if name', '/if']],
  ['{{x}}', { x: null }, ['x']],
])('%j names what has no value', (template, variables, missing) => {
  expect(fillPrompt(template, variables).missing).toEqual(missing);
});

it('names a few only, and none in full length', () => {
  const { missing } = fillPrompt(
    `{{${'x'.repeat(5000)}}}${Array.from('abcdefghijklmnopqrstuvwxyz')
      .map(c => `{{${c}}}`)
      .join('')}`,
    {},
  );
  expect(missing.length).toBe(20);
  expect(missing[0]?.length).toBeLessThan(110);
});

// In a time that grows with the square of the length, each of these would take seconds.
it.each([
  ['braces that open', '{{'.repeat(50_000), []],
  ['braces that open and close once', `${'{{'.repeat(50_000)}}}`, 1],
  ['a name of marks', `{{a${'\u0301\u0316'.repeat(100_000)}}}`, 1],
  ['pairs inside each other', '{{a{{b}}'.repeat(10_000), 1],
])('%s are looked through once', (_what, template, names) => {
  const { missing } = fillPrompt(template, {});
  expect(missing.length).toBe(typeof names === 'number' ? names : 0);
});
