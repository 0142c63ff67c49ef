import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
} from 'graphql';

export type OperationType = 'Query' | 'Mutation' | 'Subscription';

/** A field that an operation begins with. */
export interface RootField {
  readonly type: OperationType;
  readonly name: string;
  readonly field: GraphQLField<unknown, unknown>;
}

export const nameOf = ({ type, name }: RootField): string => `${type}.${name}`;

/** The root fields of a schema, in its own order. */
export function rootFields(schema: GraphQLSchema): RootField[] {
  const fieldsOf = (type: OperationType, root: GraphQLObjectType | null | undefined): RootField[] =>
    Object.entries(root?.getFields() ?? {}).map(([name, field]) => ({ type, name, field }));
  return [
    ...fieldsOf('Query', schema.getQueryType()),
    ...fieldsOf('Mutation', schema.getMutationType()),
    ...fieldsOf('Subscription', schema.getSubscriptionType()),
  ];
}

/** How far and with what a selection goes below its root field. */
export interface Reach {
  readonly depth: number;
  /** Of what may be of several types only the one of this name, where there is one. */
  readonly only?: string;
  /** For the arguments of nested fields that take a cursor; they are left out without. */
  readonly cursor?: string;
}

/** How many of a list are asked for, wherever a list can be bounded. */
const PAGE = 2;

/** Builds the document of a root field that selects everything that can be selected below it. */
export function documentOf(schema: GraphQLSchema, { type, name, field }: RootField, reach: Reach): string {
  const variables = field.args.map(argument => `$${argument.name}: ${String(argument.type)}`).join(', ');
  const passed = field.args.map(argument => `${argument.name}: $${argument.name}`).join(', ');
  const bracketed = (text: string) => (text === '' ? '' : `(${text})`);
  const selection = selectionOf(schema, getNamedType(field.type), reach, []);
  return `${type.toLowerCase()} ${bracketed(variables)} { ${name}${bracketed(passed)} ${selection} }`;
}

function selectionOf(
  schema: GraphQLSchema,
  type: GraphQLNamedType,
  reach: Reach,
  above: readonly string[],
): string {
  if (!isCompositeType(type)) return '';
  if (isAbstractType(type)) {
    // Fields of one name may differ in type from one to the other, so each has the name of its type in front.
    const all = schema.getPossibleTypes(type);
    const named = all.filter(({ name }) => name.toLowerCase() === reach.only?.toLowerCase());
    const parts = (named.length > 0 ? named : all).map(possible => {
      const fields = fieldsOf(schema, possible, reach, above).map(
        text => `${possible.name}__${text.trimStart().split(/\W/)[0] ?? ''}: ${text}`,
      );
      return `... on ${possible.name} { ${fields.join(' ')} }`;
    });
    return `{ __typename ${parts.join(' ')} }`;
  }
  if (!isObjectType(type)) return '';
  return `{ __typename ${fieldsOf(schema, type, reach, above).join(' ')} }`;
}

function fieldsOf(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  reach: Reach,
  above: readonly string[],
): string[] {
  const fields = Object.values(type.getFields());
  const hasEdges = fields.some(({ name }) => name === 'edges');
  return fields.flatMap(field => {
    const inner = getNamedType(field.type);
    const head = `${field.name}${nestedArguments(field.args, reach)}`;
    if (!isCompositeType(inner)) return [head];
    // What was selected above already, and what the edges of a page show anyway, is not shown once more.
    const isRepeated = above.includes(inner.name) || (hasEdges && field.name === 'nodes');
    const deeper = isRepeated ? { ...reach, depth: 1 } : { ...reach, depth: reach.depth - 1 };
    if (deeper.depth <= 0) return [];
    return [
      `${head} ${isRepeated ? leavesOf(schema, inner) : selectionOf(schema, inner, deeper, [...above, type.name])}`,
    ];
  });
}

function leavesOf(schema: GraphQLSchema, type: GraphQLNamedType): string {
  return selectionOf(schema, type, { depth: 1 }, []);
}

function nestedArguments(args: readonly GraphQLArgument[], { cursor }: Reach): string {
  const values = args.flatMap(argument => {
    if (argument.name === 'last' || argument.name === 'before') return [];
    if (getNamedType(argument.type).name === 'Int') return [`${argument.name}: ${PAGE}`];
    return argument.name === 'after' && cursor !== undefined ? [`after: ${JSON.stringify(cursor)}`] : [];
  });
  return values.length === 0 ? '' : `(${values.join(', ')})`;
}

/** Every field of an object that can be reached from the root fields, as `Type.field`. */
export function edgesOf(schema: GraphQLSchema): string[] {
  const roots = new Set(['Query', 'Mutation', 'Subscription']);
  return Object.values(schema.getTypeMap())
    .filter(type => isObjectType(type))
    .filter(({ name }) => !name.startsWith('__') && !roots.has(name))
    .flatMap(type => Object.keys(type.getFields()).map(field => `${type.name}.${field}`));
}

/** Notes which edges of objects an answer has shown. */
export function noteEdges(data: unknown, seen: Set<string>): void {
  if (Array.isArray(data)) data.forEach(item => noteEdges(item, seen));
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return;
  const { __typename: type, ...fields } = data as Record<string, unknown>;
  for (const [key, value] of Object.entries(fields)) {
    if (typeof type === 'string')
      seen.add(`${type}.${key.slice(key.lastIndexOf('__') + 1).replace(/^_/, '')}`);
    noteEdges(value, seen);
  }
}
