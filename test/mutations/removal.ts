import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A change of one place in a compiled file. */
interface Patch {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A lock that is taken out of a copy of the compiled server. */
export interface Removal {
  readonly lock: string;
  readonly patches: readonly Patch[];
  /** The tests that see it where the doctor on a running server cannot: they are run on the compiled files. */
  readonly spec?: string;
}

/** A lock that stands in one place. */
export const removal = (lock: string, file: string, find: string, replace = ''): Removal => ({
  lock,
  patches: [{ file, find, replace }],
});

/**
 * Takes a lock out of a copy of the compiled server. The product has no switch for it.
 * @throws Error when the code has changed so much that a patch finds its place no more, or more than once.
 */
export async function remove(folder: string, { lock, patches }: Removal): Promise<void> {
  for (const { file, find, replace } of patches) {
    const path = join(folder, file);
    const code = await readFile(path, 'utf8');
    // What stands at several places would be taken away at the first alone.
    if (code.split(find).length !== 2)
      throw new Error(`${file} has changed: the removal of ${lock} does not fit it`);
    await writeFile(
      path,
      code.replace(find, () => replace),
    );
  }
}
