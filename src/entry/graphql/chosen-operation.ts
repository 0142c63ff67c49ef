import {
  type DocumentNode,
  type FragmentDefinitionNode,
  getDirectiveValues,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';
import { badInput, DomainError } from '../../errors/domain-error.js';

/** The longest part of a message that repeats names of the document. */
const LONGEST_LIST = 200;

/**
 * The operation of a document that a request means. An empty name counts as none.
 * @throws DomainError BAD_USER_INPUT that says which name is missing or unknown.
 */
export function chosenOperation(
  document: DocumentNode,
  operationName: string | null | undefined,
): OperationDefinitionNode {
  const operations = document.definitions.filter(node => node.kind === Kind.OPERATION_DEFINITION);
  const [first] = operations;
  if (!first) throw badInput({ query: 'has no operation, only fragments' });
  const names = operations.map(({ name }) => name?.value ?? 'one without a name');
  if (operationName == null || operationName === '') {
    if (operations.length === 1) return first;
    throw badInput({ operationName: `is missing: the document has several operations, ${listed(names)}` });
  }
  const named = operations.find(({ name }) => name?.value === operationName);
  if (named) return named;
  throw badInput({
    operationName: `names no operation of the document (${listed([operationName])}); it has ${listed(names)}`,
  });
}

/**
 * Makes sure that a subscription has a root field once `@skip` and `@include` are taken into account: GraphQL's executor
 * has no answer to one without.
 * @throws DomainError BAD_USER_INPUT when nothing is left of it.
 */
export function assertSubscribes(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): void {
  if (operation.operation !== OperationTypeNode.SUBSCRIPTION) return;
  const fragments = new Map(
    document.definitions
      .filter(node => node.kind === Kind.FRAGMENT_DEFINITION)
      .map(fragment => [fragment.name.value, fragment]),
  );
  if (hasField(operation.selectionSet, fragments, variables)) return;
  throw new DomainError(
    'BAD_USER_INPUT',
    'A subscription needs one root field: @skip or @include leaves none.',
  );
}

function hasField(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  variables: Record<string, unknown>,
): boolean {
  return selections.some(node => {
    if (getDirectiveValues(GraphQLSkipDirective, node, variables)?.['if'] === true) return false;
    if (getDirectiveValues(GraphQLIncludeDirective, node, variables)?.['if'] === false) return false;
    if (node.kind === Kind.FIELD) return true;
    const inner = node.kind === Kind.INLINE_FRAGMENT ? node : fragments.get(node.name.value);
    return inner !== undefined && hasField(inner.selectionSet, fragments, variables);
  });
}

function listed(names: readonly string[]): string {
  const text = names.join(', ');
  return text.length > LONGEST_LIST ? `${text.slice(0, LONGEST_LIST)} …` : text;
}
