import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

/** Programs of their own, in which no two tenants meet. */
const PROGRAMS = /^(doctor|simulator|operator|embedded)\//;

/** Classes that keep something under a key, or know one thing from another. */
const KEEPER = /^(Weak)?(Map|Set)$|Cache$|Caps$|^(OnceInAWhile|OneAtATime|Turns|DataLoader|LRU\w*)$/;

/** Something that lives longer than a call of a function and keeps values under keys. */
export interface KeyedStore {
  /** `path: name`, by which it is classified. */
  readonly name: string;
  /** The type of its keys, as it stands in the source; empty where it is not said. */
  readonly keyType: string;
}

/** Every store of the server's sources that keeps values under keys: fields of classes, and constants of files. */
export async function keyedStores(): Promise<KeyedStore[]> {
  const files = (await readdir(SRC, { recursive: true })).filter(
    file => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !PROGRAMS.test(file),
  );
  const found = await Promise.all(
    files.sort().map(async file => storesIn(file, await readFile(join(SRC, file), 'utf8'))),
  );
  return found.flat();
}

/** The stores of one file's text. */
export function storesIn(file: string, text: string): KeyedStore[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const stores: KeyedStore[] = [];
  const note = (name: string, type: ts.TypeNode | undefined, value: ts.Expression | undefined) => {
    if (!value || !ts.isNewExpression(value) || !KEEPER.test(value.expression.getText())) return;
    // What is never added to is a table, not a store.
    if (type?.getText().startsWith('Readonly') || /^[A-Z_]+$/.test(name)) return;
    const named = type && ts.isTypeReferenceNode(type) ? type.typeArguments : undefined;
    const keyType = (value.typeArguments ?? named)?.[0]?.getText() ?? '';
    stores.push({ name: `${file}: ${name}`, keyType });
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
