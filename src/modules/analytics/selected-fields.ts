import { type GraphQLResolveInfo, Kind, type SelectionNode } from 'graphql';

/**
 * The names of the fields that are selected of the field being resolved, also by way of fragments. Directives are
 * not looked at, so a skipped field counts as selected.
 */
export function selectedFields(
  info: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>,
): ReadonlySet<string> {
  const names = (selections: readonly SelectionNode[]): string[] =>
    selections.flatMap(selection => {
      switch (selection.kind) {
        case Kind.FIELD:
          return [selection.name.value];
        case Kind.INLINE_FRAGMENT:
          return names(selection.selectionSet.selections);
        case Kind.FRAGMENT_SPREAD:
          return names(info.fragments[selection.name.value]?.selectionSet.selections ?? []);
      }
    });
  return new Set(info.fieldNodes.flatMap(node => names(node.selectionSet?.selections ?? [])));
}
