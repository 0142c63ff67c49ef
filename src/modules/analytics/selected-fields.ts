import { type GraphQLResolveInfo, Kind, type SelectionNode } from 'graphql';

/**
 * The fields that are selected of the field being resolved, at any depth, each by its path: `recentCalls.id`.
 * Directives are not looked at, so a skipped field counts as selected.
 */
export function selectedFields(
  info: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>,
): ReadonlySet<string> {
  const paths = (selections: readonly SelectionNode[] | undefined, prefix: string): string[] =>
    (selections ?? []).flatMap(selection => {
      switch (selection.kind) {
        case Kind.FIELD: {
          const path = prefix + selection.name.value;
          return [path, ...paths(selection.selectionSet?.selections, `${path}.`)];
        }
        case Kind.INLINE_FRAGMENT:
          return paths(selection.selectionSet.selections, prefix);
        case Kind.FRAGMENT_SPREAD:
          return paths(info.fragments[selection.name.value]?.selectionSet.selections, prefix);
      }
    });
  return new Set(info.fieldNodes.flatMap(node => paths(node.selectionSet?.selections, '')));
}
