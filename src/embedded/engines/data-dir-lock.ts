import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { DataDirInUseError } from './engine-unavailable.error.js';
import { identify, isAlive, type ProcessIdentity } from './process-identity.js';

const identity = z.object({ pid: z.int().positive(), started: z.string() });

/** The right of one server to use a data folder. */
export interface DataDirLock {
  /** Gives it back. A second call does nothing, or it would take the right from the next owner. */
  release(): Promise<void>;
}

/**
 * Takes the data folder for this process. A lock whose owner is dead is taken over.
 * @throws DataDirInUseError when another live process, or another start in this one, holds it.
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const path = lockPath(dataDir);
  const self = await identify(process.pid);
  const content = JSON.stringify(self ?? { pid: process.pid, started: '' });
  for (;;) {
    try {
      await writeFile(path, content, { flag: 'wx', mode: 0o600 });
      let release: Promise<void> | null = null;
      return { release: () => (release ??= rm(path, { force: true })) };
    } catch (fault) {
      if (!isCode(fault, 'EEXIST')) throw fault;
    }
    await removeIfStale(path, dataDir);
  }
}

/** The live process that holds the data folder, or null. */
export async function lockOwner(dataDir: string): Promise<ProcessIdentity | null> {
  const owner = parseOwner(await readIfThere(lockPath(dataDir)));
  return owner !== null && (await isAlive(owner)) ? owner : null;
}

/**
 * Removes a lock whose owner is dead. Only one start at a time may do so, by a second lock: otherwise a slow one would
 * remove the lock that a quick one has just taken in place of the dead one.
 */
async function removeIfStale(path: string, dataDir: string): Promise<void> {
  await refuseIfAlive(path, dataDir);
  const takeover = `${path}.takeover`;
  const self = JSON.stringify((await identify(process.pid)) ?? {});
  try {
    await writeFile(takeover, self, { flag: 'wx', mode: 0o600 });
  } catch (fault) {
    if (!isCode(fault, 'EEXIST')) throw fault;
    await refuseIfAlive(takeover, dataDir);
    // Its owner was killed within the few microseconds of a takeover.
    await rm(takeover, { force: true });
    return;
  }
  try {
    await refuseIfAlive(path, dataDir);
    await rm(path, { force: true });
  } finally {
    await rm(takeover, { force: true });
  }
}

async function refuseIfAlive(path: string, dataDir: string): Promise<void> {
  let content = await readIfThere(path);
  if (content === '') {
    // Its owner may be between creating and filling it.
    await sleep(200);
    content = await readIfThere(path);
  }
  const owner = parseOwner(content);
  if (owner !== null && (await isAlive(owner))) throw new DataDirInUseError(dataDir, owner.pid);
}

/** The content of a file, or something that names no owner where there is no file. */
function readIfThere(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => 'none');
}

function parseOwner(content: string): ProcessIdentity | null {
  try {
    return identity.parse(JSON.parse(content));
  } catch {
    return null;
  }
}

function isCode(fault: unknown, code: string): boolean {
  // Not asked for its class: under Jest, errors of Node's own modules are of another realm's class.
  return typeof fault === 'object' && fault !== null && 'code' in fault && fault.code === code;
}

function lockPath(dataDir: string): string {
  return join(dataDir, 'engines.lock');
}
