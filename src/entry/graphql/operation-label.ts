import { Kind, type OperationDefinitionNode } from 'graphql';

/** What an operation is called in logs: its kind with its name, or else with its first field. */
export function operationLabel(operation: OperationDefinitionNode | null | undefined): string {
  if (!operation) return 'invalid';
  const name = operation.name?.value ?? rootFieldOf(operation) ?? '';
  return `${operation.operation} ${name}`.trim().slice(0, 100);
}

/** The first field of an operation; null when it begins with a fragment. */
export function rootFieldOf(operation: OperationDefinitionNode | null | undefined): string | null {
  const first = operation?.selectionSet.selections[0];
  return first?.kind === Kind.FIELD ? first.name.value : null;
}
