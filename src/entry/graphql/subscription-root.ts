import {
  type DocumentNode,
  type FragmentDefinitionNode,
  getDirectiveValues,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { DomainError } from '../../errors/domain-error.js';

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/**
 * Makes sure that no variable decides what is at the root of a subscription, as GraphQL forbids: its rule of the single
 * root field knows no variables, and throws where it meets one. Must come before validation, and after the document is
 * known to have no fragments that spread themselves.
 * @throws DomainError BAD_USER_INPUT for `@skip` or `@include` by a variable there.
 */
export function assertRootsWithoutVariables(document: DocumentNode): void {
  const fragments = fragmentsOf(document);
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    if (definition.operation !== OperationTypeNode.SUBSCRIPTION) continue;
    if (!someAtRoot(definition.selectionSet, fragments, () => true, hasVariable)) continue;
    throw new DomainError(
      'BAD_USER_INPUT',
      'A subscription has one root field, whatever its variables: @skip and @include take true or false there.',
    );
  }
}

/**
 * Makes sure that a subscription of a valid document has a root field once `@skip` and `@include` are taken into account:
 * GraphQL's executor has no answer to one without.
 * @throws DomainError BAD_USER_INPUT when nothing is left of it.
 */
export function assertSubscribes(document: DocumentNode, operation: OperationDefinitionNode): void {
  if (operation.operation !== OperationTypeNode.SUBSCRIPTION) return;
  const isField = ({ kind }: SelectionNode) => kind === Kind.FIELD;
  if (someAtRoot(operation.selectionSet, fragmentsOf(document), isIncluded, isField)) return;
  throw new DomainError(
    'BAD_USER_INPUT',
    'A subscription needs one root field: @skip or @include leaves none.',
  );
}

/** Whether a selection of the root, fragments included, `is` so. Only what `counts` is looked at, each fragment once. */
function someAtRoot(
  root: SelectionSetNode,
  fragments: Fragments,
  counts: (node: SelectionNode) => boolean,
  is: (node: SelectionNode) => boolean,
): boolean {
  const seen = new Set<string>();
  const some = ({ selections }: SelectionSetNode): boolean =>
    selections.some(node => {
      if (!counts(node)) return false;
      if (is(node)) return true;
      if (node.kind === Kind.FIELD) return false;
      if (node.kind === Kind.INLINE_FRAGMENT) return some(node.selectionSet);
      const name = node.name.value;
      const fragment = fragments.get(name);
      if (!fragment || seen.has(name)) return false;
      seen.add(name);
      return some(fragment.selectionSet);
    });
  return some(root);
}

/** For literals alone, which {@link assertRootsWithoutVariables} has made sure of. */
function isIncluded(node: SelectionNode): boolean {
  return (
    getDirectiveValues(GraphQLSkipDirective, node)?.['if'] !== true &&
    getDirectiveValues(GraphQLIncludeDirective, node)?.['if'] !== false
  );
}

function hasVariable({ directives = [] }: SelectionNode): boolean {
  return directives.some(
    ({ name, arguments: given = [] }) =>
      [GraphQLSkipDirective.name, GraphQLIncludeDirective.name].includes(name.value) &&
      given.some(({ value }) => value.kind === Kind.VARIABLE),
  );
}

function fragmentsOf({ definitions }: DocumentNode): Fragments {
  return new Map(
    definitions
      .filter(node => node.kind === Kind.FRAGMENT_DEFINITION)
      .map(fragment => [fragment.name.value, fragment]),
  );
}
