import { execFile } from 'node:child_process';
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isBuildUpToDate } from '../../kit/program.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Puts the compiled server into `folder`, from where it can be run: what the build has left in dist where that is up
 * to date, else compiled anew. The build's own folder is never written to.
 * @returns the folder of the compiled files.
 */
export async function compiledServer(folder: string): Promise<string> {
  const target = join(folder, 'dist');
  if (await isBuildUpToDate()) {
    await cp(join(ROOT, 'dist'), target, { recursive: true });
  } else {
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    await promisify(execFile)(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', target], {
      cwd: ROOT,
    });
    await cp(join(ROOT, 'src'), target, { recursive: true, filter: source => !/\.(ts|spec)$/.test(source) });
  }
  await makeRunnable(folder);
  return target;
}

/** Puts beside compiled files what Node needs to run them. */
export async function makeRunnable(folder: string): Promise<void> {
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
}

/** A change of one place in a compiled file. */
export interface Patch {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/**
 * Changes a copy of the compiled server. The product has no switch for any of it.
 * @throws Error when the code has changed so much that a patch of `what` finds its place no more, or more than once.
 */
export async function patchCompiled(folder: string, what: string, patches: readonly Patch[]): Promise<void> {
  for (const { file, find, replace } of patches) {
    const path = join(folder, file);
    const code = await readFile(path, 'utf8');
    // What stands at several places would be changed at the first alone.
    if (code.split(find).length !== 2) throw new Error(`${file} has changed: "${what}" does not fit it`);
    await writeFile(
      path,
      code.replace(find, () => replace),
    );
  }
}
