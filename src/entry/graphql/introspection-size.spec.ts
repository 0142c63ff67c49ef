import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  buildSchema,
  execute,
  type ExecutionResult,
  getIntrospectionQuery,
  getOperationAST,
  parse,
} from 'graphql';
import { MAX_COST, sizeOf } from './operation-size.js';

const schema = buildSchema(readFileSync(new URL('../../../schema.gql', import.meta.url), 'utf8'));
const ALL_OPTIONS = {
  descriptions: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
};
const times = (count: number, part: (index: number) => string) =>
  Array.from({ length: count }, (_item, index) => part(index)).join(' ');

function costOf(query: string, variables = {}): number {
  const document = parse(query);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('There is no operation');
  return sizeOf({ schema, document, operation, variables }).cost;
}

/** The fields of an answer, however deep they are. */
function fieldsIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) return value.reduce((sum: number, item: unknown) => sum + fieldsIn(item), 0);
  return Object.values(value).reduce((sum: number, member: unknown) => sum + 1 + fieldsIn(member), 0);
}

describe('The cost of introspection', () => {
  it.each([
    ['the full introspection', getIntrospectionQuery(ALL_OPTIONS)],
    [
      'fields with aliases',
      `{ __schema { types { ${times(7, index => `f${index}: fields { name d: description }`)} } } }`,
    ],
    [
      'fragments that are spread again',
      '{ __schema { types { ...A } } } fragment A on __Type { ...B b: interfaces { ...B } } fragment B on __Type { name kind possibleTypes { name } }',
    ],
    [
      'a chain of ofType',
      '{ __type(name: "Call") { fields { type { name ofType { name ofType { name ofType { name } } } } } } }',
    ],
    [
      'arguments and values of an enum',
      '{ __type(name: "Query") { fields { args { defaultValue type { enumValues { name } } } } } }',
    ],
    ['a type that is not there', '{ __type(name: "Nothing") { fields { name } } }'],
    ['directives', '{ __schema { directives { locations args { name } } } }'],
  ])('is half of the fields of its answer: %s', (_what, query) => {
    const { data } = execute({ schema, document: parse(query) }) as ExecutionResult;
    expect(costOf(query)).toBe(Math.ceil(fieldsIn(data) / 2));
  });

  it('leaves the full introspection with all options far below what one operation may cost', () => {
    expect(costOf(getIntrospectionQuery(ALL_OPTIONS))).toBeLessThan(MAX_COST / 4);
    expect(costOf(getIntrospectionQuery({ ...ALL_OPTIONS, typeDepth: 50 }))).toBeLessThan(MAX_COST / 4);
  });

  it('reads variables', () => {
    const query = 'query ($name: String!) { __type(name: $name) { fields { name } } }';
    expect(costOf(query, { name: 'Call' })).toBeGreaterThan(costOf(query, { name: 'PageInfo' }));
  });

  it('is found at once for fragments that double again and again', () => {
    const fragments = times(
      45,
      index =>
        `fragment F${index} on __Type { a${index}: fields { name } ${index < 44 ? `...F${index + 1} ...F${index + 1}` : ''} }`,
    );
    expect(costOf(`{ __schema { types { ...F0 ...F0 } } } ${fragments}`)).toBeGreaterThan(MAX_COST);
  });
});
