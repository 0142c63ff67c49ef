import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { lockOwner } from './data-dir-lock.js';
import { isAlive } from './process-identity.js';

const identity = z.object({ pid: z.int().positive(), started: z.string() });
/** `uri` is absent until the engine answers. */
const engine = z.object({ process: identity, uri: z.string().optional() });
const engineRecord = z.object({
  supervisor: identity.optional(),
  mongodb: engine.optional(),
  redis: engine.optional(),
});

/** Which processes a server has started in its data folder, for the start after a crash and for the command line. */
export type EngineRecord = z.infer<typeof engineRecord>;

/** Replaces the record of a data folder all at once. */
export async function writeEngineRecord(dataDir: string, record: EngineRecord): Promise<void> {
  const path = recordPath(dataDir);
  await writeFile(`${path}.new`, JSON.stringify(record, null, 2), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** The record of a data folder; empty where there is none or it cannot be read. */
export async function readEngineRecord(dataDir: string): Promise<EngineRecord> {
  try {
    return engineRecord.parse(JSON.parse(await readFile(recordPath(dataDir), 'utf8')));
  } catch {
    return {};
  }
}

export async function removeEngineRecord(dataDir: string): Promise<void> {
  await rm(recordPath(dataDir), { force: true });
}

/**
 * The addresses of the engines that a running server has started in this data folder, for commands that want to use
 * them; null when no server runs on it or none of its engines answers yet.
 */
export async function runningEngines(
  dataDir: string,
): Promise<{ mongodbUri?: string; redisUrl?: string } | null> {
  const folder = resolve(dataDir);
  if ((await lockOwner(folder)) === null) return null;
  const { mongodb, redis } = await readEngineRecord(folder);
  const mongodbUri = await uriOf(mongodb);
  const redisUrl = await uriOf(redis);
  if (mongodbUri === undefined && redisUrl === undefined) return null;
  return { ...(mongodbUri !== undefined && { mongodbUri }), ...(redisUrl !== undefined && { redisUrl }) };
}

async function uriOf(known: EngineRecord['mongodb']): Promise<string | undefined> {
  return known !== undefined && (await isAlive(known.process)) ? known.uri : undefined;
}

function recordPath(dataDir: string): string {
  return join(dataDir, 'engines.json');
}
