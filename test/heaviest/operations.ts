import { readFileSync } from 'node:fs';
import {
  buildSchema,
  getIntrospectionQuery,
  getNamedType,
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  isInterfaceType,
  isLeafType,
  isObjectType,
} from 'graphql';

const SCHEMA = buildSchema(readFileSync(new URL('../../schema.gql', import.meta.url), 'utf8'));
/** Object fields below each other, the root field included. */
const LONGEST_PATH = 4;
/** Rows of an answer that can be told apart by nothing else. */
const ANALYTICS =
  '{ from: "2026-01-01T00:00:00Z", to: "2028-12-01T00:00:00Z", metrics: [CALLS, P95_DURATION, TOTAL_DURATION], groupBy: [STATUS, AGENT], bucket: HOUR }';

/** Operations of one kind, each larger than the one before; the server refuses them from some size on. */
export interface OperationFamily {
  readonly name: string;
  of(size: number): string;
}

type Composite = GraphQLObjectType | GraphQLInterfaceType;
type Field = GraphQLField<unknown, unknown>;

/** Aliases and fragments of every object that can be reached, of introspection, of reports, and of what is wrong. */
export function operationFamilies(ids: Readonly<Record<string, string>>): OperationFamily[] {
  const query = SCHEMA.getQueryType();
  if (!query) throw new Error('The schema has no queries');
  return [...pathsFrom(query, []).flatMap(path => familiesOf(path, ids)), ...SPECIAL];
}

function pathsFrom(type: Composite, path: readonly Field[]): Field[][] {
  if (path.length >= LONGEST_PATH) return [];
  return Object.values(type.getFields()).flatMap(field => {
    const below = getNamedType(field.type);
    // Pages by edges are as large as pages by nodes.
    if (!(isObjectType(below) || isInterfaceType(below)) || field.name === 'edges') return [];
    const longer = [...path, field];
    const isLoop = path.filter(before => getNamedType(before.type) === below).length > 0;
    return [longer, ...(isLoop ? [] : pathsFrom(below, longer))];
  });
}

function familiesOf(path: readonly Field[], ids: Readonly<Record<string, string>>): OperationFamily[] {
  const last = path.at(-1);
  const type = last && getNamedType(last.type);
  if (!last || !(isObjectType(type) || isInterfaceType(type))) return [];
  const leaves = Object.values(type.getFields())
    .filter(field => isLeafType(getNamedType(field.type)) && field.args.length === 0)
    .map(field => field.name);
  const longest = leaves.filter(name => /metadata|Prompt|summary|details|text|values|id/i.test(name));
  const name = path.map(field => field.name).join('.');
  const within = (selection: string, from = 0) =>
    path
      .slice(from, -1)
      .reduceRight((inner, field) => `{ ${field.name}${argumentsOf(field, ids)} ${inner} }`, selection);
  const call = `${last.name}${argumentsOf(last, ids)}`;
  const aliased = (names: readonly string[], count: number) =>
    times(count, index => `a${index}: ${names[index % names.length]}`);
  const root = path[0];
  return [
    ...(leaves.length > 0
      ? [
          {
            name: `${name}: every value again`,
            of: (size: number) => within(`{ ${call} { ${aliased(leaves, size)} } }`),
          },
        ]
      : []),
    ...longest.map(leaf => ({
      name: `${name}: ${leaf} again`,
      of: (size: number) => within(`{ ${call} { ${aliased([leaf], size)} } }`),
    })),
    {
      name: `${name}: the object again, by a fragment`,
      of: size =>
        `${within(`{ ${times(size, index => `o${index}: ${call} { ...F }`)} }`)} fragment F on ${type.name} { __typename ${leaves.join(' ')} }`,
    },
    ...(root && path.length > 1
      ? [
          {
            name: `${name}: the root field again`,
            of: (size: number) =>
              `{ ${times(size, index => `r${index}: ${root.name}${argumentsOf(root, ids)} ${within(`{ ${call} { ...F } }`, 1)}`)} } fragment F on ${type.name} { __typename ${leaves.join(' ')} }`,
          },
        ]
      : []),
  ];
}

function argumentsOf(field: Field, ids: Readonly<Record<string, string>>): string {
  const given = field.args.flatMap(({ name }) => {
    const type = getNamedType(field.type).name;
    if (name === 'first') return ['first: 100'];
    if (name === 'days') return ['days: 366'];
    if (name === 'id') return [`id: "${ids[type === 'Node' ? 'Call' : type] ?? ''}"`];
    return name === 'input' ? [`input: ${ANALYTICS}`] : [];
  });
  return given.length > 0 ? `(${given.join(', ')})` : '';
}

const times = (count: number, part: (index: number) => string) =>
  Array.from({ length: count }, (_item, index) => part(index)).join(' ');
const TYPE = 'kind name description';

/** What no path of the schema leads to. */
const SPECIAL: readonly OperationFamily[] = [
  {
    name: 'the full introspection',
    of: size => (size === 1 ? getIntrospectionQuery({ inputValueDeprecation: true }) : '{'),
  },
  {
    name: 'introspection: schemas with descriptions, by fragments',
    of: size =>
      `{ ${times(15, index => `s${index}: __schema { types { ...T } }`)} } fragment T on __Type { ${times(size, index => `f${index}: fields { ...F }`)} } fragment F on __Field { ${times(size, index => `d${index}: description`)} }`,
  },
  {
    name: 'introspection: one type again',
    of: size =>
      `{ ${times(15, index => `t${index}: __type(name: "Call") { fields { ${times(size, at => `n${at}: name args { ${TYPE.slice(5)} }`)} } }`)} }`,
  },
  {
    name: 'introspection: possible types of interfaces',
    of: size =>
      `{ __schema { types { ${times(size, index => `p${index}: possibleTypes { fields { ${times(8, at => `d${at}: description`)} } }`)} } } }`,
  },
  {
    name: 'introspection: chains of ofType',
    of: size =>
      `{ __schema { types { fields { ${times(size, index => `t${index}: type { ${TYPE} ofType { ${TYPE} ofType { ${TYPE} ofType { ${TYPE} } } } }`)} } } } }`,
  },
  {
    name: '__typename again',
    of: size => `{ calls(first: 100) { nodes { ${times(size, index => `t${index}: __typename`)} } } }`,
  },
  {
    name: 'unknown fields with long names',
    of: size => `{ ${times(size, index => `${'unknown'.repeat(40)}${index}`)} }`,
  },
  {
    name: 'unknown values of an enum',
    of: size =>
      `{ ${times(size, index => `a${index}: calls(filter: { statuses: [${'UNKNOWN'.repeat(40)}${index}] }) { totalCount }`)} }`,
  },
  {
    name: 'cursors that are none',
    of: size =>
      `{ calls(first: 100) { nodes { ${times(size, index => `t${index}: transcript(after: "${'x'.repeat(400)}${index}") { totalCount }`)} } } }`,
  },
  {
    name: 'reports',
    of: size =>
      `{ ${times(size, index => `r${index}: callAnalytics(input: ${ANALYTICS.replace('P95_DURATION', index % 2 ? 'P95_DURATION' : 'FAILED')}) { ${times(20, at => `x${at}: rows { bucketStart group values }`)} }`)} }`,
  },
  {
    name: 'new calls with all they have',
    of: size =>
      `mutation { ${times(size, index => `c${index}: createCall(input: { systemPrompt: "${'p'.repeat(500)}", medium: WEB }) { ...C }`)} } fragment C on Call { id status metadata summary transcript { nodes { text } } events { nodes { id call { ${times(20, at => `m${at}: metadata`)} } } } }`,
  },
];

/** Subscriptions that say much of each event. */
export const SUBSCRIPTIONS: readonly OperationFamily[] = [
  {
    name: 'events with their calls',
    of: size =>
      `subscription { callEvents(after: "") { id call { ${times(size, index => `m${index}: metadata s${index}: systemPrompt`)} transcript { nodes { text } } } } }`,
  },
  {
    name: 'the dashboard with its newest calls',
    of: size =>
      `subscription { dashboard { totalCalls callsByDay(days: 366) { day count } recentCalls(first: 100) { ${times(size, index => `m${index}: metadata`)} } } }`,
  },
];
