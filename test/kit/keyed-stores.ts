import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

/** Programs of their own, in which no two tenants meet. */
const PROGRAMS = /^(doctor|simulator|operator|embedded)\//;

/** Classes of libraries that keep something under a key, and ours of such names. */
const KEEPER = /^(Weak)?(Map|Set)$|Cache$|Caps$|^(DataLoader|LRU\w*)$/;

/** Something that lives longer than a call of a function and keeps values under keys. */
export interface KeyedStore {
  /** `path: name`, by which it is classified. */
  readonly name: string;
  /** The type of its keys, as it stands in the source; empty where it is not said. */
  readonly keyType: string;
  /** The class of the store, and what it keeps, as it stands in the source; empty where it is not said. */
  readonly keeper: string;
  readonly valueType: string;
}

/** Our generic classes that keep something under a key of their type's: by name, the place of the key's type. */
export type Keepers = ReadonlyMap<string, number>;

/** Every store of the server's sources that keeps values under keys: fields of classes, and constants of files. */
export async function keyedStores(): Promise<KeyedStore[]> {
  const files = (await readdir(SRC, { recursive: true })).filter(
    file => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !PROGRAMS.test(file),
  );
  const texts = await Promise.all(
    files.sort().map(async file => [file, await readFile(join(SRC, file), 'utf8')] as const),
  );
  const keepers = new Map(texts.flatMap(([, text]) => [...keepersIn(text)]));
  return texts.flatMap(([file, text]) => storesIn(file, text, keepers));
}

/** The keepers of one file's text: a type of theirs extends StoreKey, or is that of the keys of a map or set in them. */
export function keepersIn(text: string): Keepers {
  const keepers = new Map<string, number>();
  ts.forEachChild(ts.createSourceFile('', text, ts.ScriptTarget.Latest, true), node => {
    if (!ts.isClassDeclaration(node) || !node.name) return;
    const index = (node.typeParameters ?? []).findIndex(
      ({ name, constraint }) =>
        /\b(Store|Tenant|Platform)Key\b/.test(constraint?.getText() ?? '') ||
        new RegExp(`\\b(Map|Set|Cache)<${name.text}\\b`).test(node.getText()),
    );
    if (index >= 0) keepers.set(node.name.text, index);
  });
  return keepers;
}

/** The stores of one file's text. */
export function storesIn(file: string, text: string, keepers: Keepers = keepersIn(text)): KeyedStore[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const stores: KeyedStore[] = [];
  const note = (name: string, type: ts.TypeNode | undefined, value: ts.Expression | undefined) => {
    if (!value || !ts.isNewExpression(value)) return;
    const keeper = value.expression.getText();
    if (!KEEPER.test(keeper) && !keepers.has(keeper)) return;
    // What is never added to is a table, not a store.
    if (type?.getText().startsWith('Readonly') || /^[A-Z_]+$/.test(name)) return;
    const named = type && ts.isTypeReferenceNode(type) ? type.typeArguments : undefined;
    const types = value.typeArguments ?? named ?? [];
    const keyType = types[keepers.get(keeper) ?? 0]?.getText() ?? '';
    stores.push({ name: `${file}: ${name}`, keyType, keeper, valueType: types[1]?.getText() ?? '' });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyDeclaration(node)) note(node.name.getText(), node.type, node.initializer);
    if (ts.isVariableDeclaration(node) && node.parent.parent.parent === source)
      note(node.name.getText(), node.type, node.initializer);
    if (
      ts.isBinaryExpression(node) &&
      node.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
      node.left.getText().startsWith('this.')
    )
      note(node.left.getText().slice('this.'.length), undefined, node.right);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return stores;
}
