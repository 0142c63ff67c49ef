import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getArgumentValues,
  getNamedType,
  getNullableType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { badInput, DomainError } from '../../errors/domain-error.js';
import { FIELD_COST } from '../../schema/field-costs.js';
import { IntrospectionSize, isIntrospection } from './introspection-size.js';

/** Levels of fields. Introspection is not counted: it is nested by nature, and ends where the schema's types end. */
export const MAX_DEPTH = 12;
/** Root fields with an alias. */
export const MAX_ROOT_ALIASES = 15;
/** What the fields that may be answered cost at most, each counted as often as its page sizes allow. */
export const MAX_COST = 20_000;

/** The largest page a list gives; a larger one is refused as bad input, later and in better words. */
const LARGEST_PAGE = 100;
/** The most days that a list by days gives. */
const LONGEST_TIME = 366;
/** What a list without a page size is taken for, unless its decorator says `listSize`. */
const UNPAGED_LIST = 10;

interface Size {
  readonly depth: number;
  readonly cost: number;
  /** Fields with an alias at this level. */
  readonly aliases: number;
}

const NOTHING: Size = { depth: 0, cost: 0, aliases: 0 };

/** An operation that has passed validation, with its variables as GraphQL reads them. */
export interface ReadOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * What the operation costs.
 * @throws DomainError QUERY_TOO_COMPLEX when it is nested too deep, repeats itself too often or asks for too much;
 * BAD_USER_INPUT for a list of which it asks a first and a last page at once.
 */
export function modestCost(read: ReadOperation): number {
  const { depth, cost, aliases } = sizeOf(read);
  refuseBeyond(MAX_DEPTH, depth, `It has ${depth} levels of fields`);
  refuseBeyond(MAX_ROOT_ALIASES, aliases, `It has ${aliases} aliases of root fields`);
  refuseBeyond(MAX_COST, cost, cost === Infinity ? 'It costs far too much' : `It may cost ${cost}`);
  return cost;
}

/** How deep an operation is nested, how often it repeats root fields, and how many fields it may be answered with. */
export function sizeOf({ schema, document, operation, variables }: ReadOperation): Size {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  // Measured once each: fragments that spread others several times would take for ever otherwise.
  const measured = new Map<string, Size>();
  const introspection = new IntrospectionSize(schema, fragments, variables);
  const queryType = schema.getQueryType();

  const ofSpread = (name: string): Size => {
    const known = measured.get(name);
    if (known) return known;
    const fragment = fragments.get(name);
    const size = fragment
      ? ofSelection(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value))
      : NOTHING;
    measured.set(name, size);
    return size;
  };

  const ofField = (node: FieldNode, parent: GraphQLNamedType | undefined): Size => {
    const aliases = node.alias ? 1 : 0;
    if (parent === queryType && isIntrospection(node))
      return { depth: 0, cost: Math.ceil(introspection.of(node) * FIELD_COST.introspected), aliases };
    const field = fieldOf(node, parent);
    const own = field ? costOf(field, parent === schema.getMutationType()) : 1;
    if (!field || !node.selectionSet) return { depth: field ? 1 : 0, cost: own, aliases };
    const inner = ofSelection(node.selectionSet, getNamedType(field.type));
    const often = timesAnswered(node, field, parent, variables);
    return { depth: 1 + inner.depth, cost: own + often * inner.cost, aliases };
  };

  const ofSelection = ({ selections }: SelectionSetNode, parent: GraphQLNamedType | undefined): Size =>
    selections
      .map(node => {
        switch (node.kind) {
          case Kind.FIELD:
            return ofField(node, parent);
          case Kind.FRAGMENT_SPREAD:
            return ofSpread(node.name.value);
          case Kind.INLINE_FRAGMENT:
            return ofSelection(
              node.selectionSet,
              node.typeCondition ? schema.getType(node.typeCondition.name.value) : parent,
            );
        }
      })
      .reduce(
        (sum, size) => ({
          depth: Math.max(sum.depth, size.depth),
          cost: sum.cost + size.cost,
          aliases: sum.aliases + size.aliases,
        }),
        NOTHING,
      );

  return ofSelection(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined);
}

/** Null for `__typename`, which costs 1 and makes no level. */
function fieldOf(
  node: FieldNode,
  parent: GraphQLNamedType | undefined,
): GraphQLField<unknown, unknown> | null {
  if (!isObjectType(parent) && !isInterfaceType(parent)) return null;
  return parent.getFields()[node.name.value] ?? null;
}

/** What a field costs by itself, as its decorator says. */
function costOf({ extensions }: GraphQLField<unknown, unknown>, isChange: boolean): number {
  if (isChange) return FIELD_COST.change;
  return typeof extensions['complexity'] === 'number' ? extensions['complexity'] : 1;
}

/** How often the fields below a field may be answered. */
function timesAnswered(
  node: FieldNode,
  field: GraphQLField<unknown, unknown>,
  parent: GraphQLNamedType | undefined,
  variables: Readonly<Record<string, unknown>>,
): number {
  if (field.args.some(({ name }) => name === 'days')) {
    const { days } = getArgumentValues(field, node, variables);
    return typeof days === 'number' ? Math.min(Math.max(days, 1), LONGEST_TIME) : LONGEST_TIME;
  }
  if (field.args.some(({ name }) => name === 'first')) {
    const { first, last } = getArgumentValues(field, node, variables);
    if (typeof last === 'number' && isGiven('first', node, variables))
      throw badInput({ first: 'cannot go with `last`' });
    const size = last ?? first;
    return typeof size === 'number' ? Math.min(Math.max(size, 1), LARGEST_PAGE) : LARGEST_PAGE;
  }
  const { listSize } = field.extensions;
  if (typeof listSize === 'number') return listSize;
  // The lists inside a page have been counted with it.
  const isInPage = parent?.name.endsWith('Connection') ?? false;
  return isListType(getNullableType(field.type)) && !isInPage ? UNPAGED_LIST : 1;
}

/** Whether a document gives an argument a value itself: lists have default sizes. */
function isGiven(
  name: string,
  { arguments: given }: FieldNode,
  variables: Readonly<Record<string, unknown>>,
): boolean {
  const value = given?.find(argument => argument.name.value === name)?.value;
  if (!value) return false;
  return value.kind === Kind.VARIABLE ? variables[value.name.value] != null : value.kind !== Kind.NULL;
}

function refuseBeyond(most: number, actual: number, sentence: string): void {
  if (actual > most) {
    throw new DomainError(
      'QUERY_TOO_COMPLEX',
      `The operation asks for too much at once: ${sentence}, ${most} are allowed.`,
    );
  }
}
