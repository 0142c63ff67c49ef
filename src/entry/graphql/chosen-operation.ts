import { type DocumentNode, Kind, type OperationDefinitionNode } from 'graphql';
import { badInput } from '../../errors/domain-error.js';

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

function listed(names: readonly string[]): string {
  const text = names.join(', ');
  return text.length > LONGEST_LIST ? `${text.slice(0, LONGEST_LIST)} …` : text;
}
