import { type GraphQLResolveInfo, type OperationDefinitionNode, visit } from 'graphql';

const namesByOperation = new WeakMap<OperationDefinitionNode, ReadonlySet<string>>();

/**
 * Which of some fields an operation asks for nowhere, so that they need not be read. A field of that name counts
 * wherever it stands, in fragments that are not spread too.
 */
export function unselected<F extends string>(
  { operation, fragments }: Pick<GraphQLResolveInfo, 'operation' | 'fragments'>,
  fields: readonly F[],
): readonly F[] {
  const known = namesByOperation.get(operation);
  const names = known ?? namesIn(operation, fragments);
  if (!known) namesByOperation.set(operation, names);
  return fields.filter(field => !names.has(field));
}

function namesIn(
  operation: OperationDefinitionNode,
  fragments: GraphQLResolveInfo['fragments'],
): ReadonlySet<string> {
  const names = new Set<string>();
  for (const node of [operation, ...Object.values(fragments)])
    visit(node, { Field: ({ name }) => void names.add(name.value) });
  return names;
}
