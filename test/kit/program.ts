import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let upToDate: Promise<boolean> | undefined;

/**
 * What Node is given to run one of the server's programs from the project's folder: what the build has left in dist where
 * that is up to date, which starts in half the time, else the sources.
 */
export async function program(name: 'main' | 'operator/main' | 'simulator/main'): Promise<string[]> {
  upToDate ??= isBuildUpToDate();
  return (await upToDate) ? [`dist/${name}.js`] : ['--import', './test/jest/register.mjs', `src/${name}.ts`];
}

/** Whether dist was built after the last change of the sources. */
export async function isBuildUpToDate(): Promise<boolean> {
  const built = await stat(join(ROOT, 'dist/main.js')).catch(() => null);
  if (!built) return false;
  const sources = (await readdir(join(ROOT, 'src'), { recursive: true })).filter(
    name => name.endsWith('.ts') && !name.endsWith('.spec.ts'),
  );
  const changed = await Promise.all(sources.map(async name => (await stat(join(ROOT, 'src', name))).mtimeMs));
  return changed.every(time => time <= built.mtimeMs);
}
