import { execFile } from 'node:child_process';
import { cp, symlink, writeFile } from 'node:fs/promises';
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
