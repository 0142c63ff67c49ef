import { readdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { environmentForNode, type ChildEnvironment } from './child-environment.js';
import { lastLine, runCommand } from './run-command.js';

const MARK = 'mongod is at ';
const LIMIT_SECONDS = 30 * 60;
const PROGRAM = `
  const [library, downloadDir] = process.argv.slice(1);
  require(library).MongoBinary.getPath({ downloadDir, checkMD5: true }).then(
    path => console.log('\\n${MARK}' + path),
    fault => { console.error('\\n' + fault.message.split('\\n').join(' ')); process.exitCode = 1; },
  );`;

/**
 * Fetches mongod with mongodb-memory-server, which knows the build for every system. It runs as a child, because it
 * writes to the terminal and because only its environment can make it check certificates, which it otherwise omits.
 * @returns the path of the binary.
 * @throws Error with the library's own reason.
 */
export async function downloadMongod(cacheDir: string, environment: ChildEnvironment): Promise<string> {
  const library = createRequire(import.meta.url).resolve('mongodb-memory-server-core');
  const result = await runCommand(
    process.execPath,
    ['-e', PROGRAM, '--', library, downloadFolder(cacheDir)],
    { ...environmentForNode(environment), npm_config_strict_ssl: 'true' },
    LIMIT_SECONDS,
  );
  const line = lastLine(result.output);
  if (!result.succeeded || !line.startsWith(MARK)) throw new Error(line || result.ending);
  return line.slice(MARK.length);
}

/**
 * The mongod that an earlier {@link downloadMongod} has completed, or null. The library writes the checksum beside
 * the binary last, so a binary without one is half a file.
 */
export async function findDownloadedMongod(cacheDir: string): Promise<string | null> {
  const files = await readdir(downloadFolder(cacheDir)).catch((): string[] => []);
  const complete = files.find(file => file.startsWith('mongod') && files.includes(`${file}.md5`));
  return complete === undefined ? null : join(downloadFolder(cacheDir), complete);
}

/** Throws away a downloaded mongod that does not run, so that the next start fetches it afresh. */
export async function discardDownloadedMongod(path: string, cacheDir: string): Promise<void> {
  if (!path.startsWith(downloadFolder(cacheDir))) return;
  await rm(path, { force: true });
  await rm(`${path}.md5`, { force: true });
}

function downloadFolder(cacheDir: string): string {
  return join(cacheDir, 'engines', 'mongodb-downloads');
}
