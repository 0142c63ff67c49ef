import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';

/**
 * Compares a committed file with what the code says it should be; with UPDATE_DOCS=1 it is written instead.
 * @returns both, formatted as the repository is.
 */
export async function generatedFile(
  path: string,
  content: string,
): Promise<{ committed: string; current: string }> {
  const file = fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const current = await format(content, { parser: 'markdown', printWidth: 110 });

  if (process.env['UPDATE_DOCS'] === '1') await writeFile(file, current);
  return { committed: await readFile(file, 'utf8').catch(() => ''), current };
}

/** A table in Markdown. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
