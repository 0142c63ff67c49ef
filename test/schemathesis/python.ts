import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CACHE_DIR } from '../kit/ephemeral-engines.js';

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
const run = promisify(execFile);

/**
 * The Python that has schemathesis: a virtual environment in the user's cache folder, one for each version, made where
 * there is none. pip decides by its own settings where packages come from; nothing is fetched when all are there.
 * @throws Error with the output of what failed, such as without Python 3.10 or newer.
 */
export async function pythonWithSchemathesis(): Promise<string> {
  const [, version] = /^schemathesis==(.+)$/m.exec(await readFile(REQUIREMENTS, 'utf8')) ?? [];
  if (version === undefined) throw new Error(`${REQUIREMENTS} does not pin schemathesis`);
  const folder = join(CACHE_DIR, `schemathesis-${version}`);
  const python = join(folder, 'bin/python');
  await run(python, ['-m', 'pip', '--version']).catch(() =>
    run('python3', ['-m', 'venv', '--clear', folder]),
  );
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS]);
  return python;
}
