import {
  type DocumentNode,
  Kind,
  type NameNode,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { DomainError } from '../../errors/domain-error.js';

/** Tokens of one document: some twenty times what the largest operation of the playground has. */
export const MAX_TOKENS = 1000;
/** Fragments that one document may define. */
export const MAX_FRAGMENTS = 50;
/** Directives in one document, wherever they stand. */
export const MAX_DIRECTIVES = 50;
/** Characters of one name, such as an alias. */
export const MAX_NAME = 100;
/** How often one selection may name the same field: validation compares each with each. */
export const MAX_REPEATS = 10;

/**
 * Looks at a document before it is validated, since validation itself can be made to take long, or never to end:
 * it compares all fields of one name with each other and follows fragments into each other.
 * @throws DomainError QUERY_TOO_COMPLEX, or BAD_USER_INPUT for fragments that spread themselves and for long names.
 */
export function assertModestDocument(document: DocumentNode): void {
  const spreads = new Map<string, string[]>();
  let directives = 0;
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) spreads.set(definition.name.value, []);
  }
  if (spreads.size > MAX_FRAGMENTS) throw tooComplex('fragments', spreads.size, MAX_FRAGMENTS);
  for (const definition of document.definitions) {
    const within = definition.kind === Kind.FRAGMENT_DEFINITION ? definition.name.value : '';
    visit(definition, {
      Directive: () => void (directives += 1),
      FragmentSpread: ({ name }) => void spreads.get(within)?.push(name.value),
      Name: assertShort,
      SelectionSet: assertFewRepeats,
    });
  }
  if (directives > MAX_DIRECTIVES) throw tooComplex('directives', directives, MAX_DIRECTIVES);
  assertNoCycle(spreads);
}

/** Errors repeat names, and GraphQL compares unknown ones with all that it knows. */
function assertShort({ value }: NameNode): void {
  if (value.length <= MAX_NAME) return;
  const message = `The name that begins with ${value.slice(0, 20)} has ${value.length} characters, ${MAX_NAME} are allowed.`;
  throw new DomainError('BAD_USER_INPUT', message);
}

/** Inline fragments are part of the selection that they stand in. */
function assertFewRepeats({ selections }: SelectionSetNode): void {
  const repeats = new Map<string, number>();
  const count = (node: SelectionNode): void => {
    if (node.kind === Kind.INLINE_FRAGMENT) node.selectionSet.selections.forEach(count);
    if (node.kind !== Kind.FIELD) return;
    const key = (node.alias ?? node.name).value;
    const times = (repeats.get(key) ?? 0) + 1;
    repeats.set(key, times);
    if (times > MAX_REPEATS) throw tooComplex(`fields "${key}" side by side`, times, MAX_REPEATS);
  };
  selections.forEach(count);
}

function assertNoCycle(spreads: ReadonlyMap<string, readonly string[]>): void {
  const done = new Set<string>();
  const open = new Set<string>();
  const follow = (name: string): void => {
    if (done.has(name)) return;
    if (open.has(name))
      throw new DomainError('BAD_USER_INPUT', `The fragment "${name}" must not spread itself.`);
    open.add(name);
    for (const next of spreads.get(name) ?? []) follow(next);
    open.delete(name);
    done.add(name);
  };
  for (const name of spreads.keys()) follow(name);
}

function tooComplex(what: string, actual: number, most: number): DomainError {
  return new DomainError(
    'QUERY_TOO_COMPLEX',
    `The operation asks for too much at once: It has ${actual} ${what}, ${most} are allowed.`,
  );
}
