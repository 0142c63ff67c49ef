import { mkdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { inheritedEnvironment, type ChildEnvironment } from './child-environment.js';
import { lockDataDir, type DataDirLock } from './data-dir-lock.js';
import { EngineSession } from './engine-session.js';
import { EngineUnavailableError, reasonOf } from './engine-unavailable.error.js';
import { stopOrphans } from './stop-orphans.js';
import { StepTicker } from './step-ticker.js';

export { runningEngines } from './engine-record.js';
export { DataDirInUseError, EngineUnavailableError } from './engine-unavailable.error.js';

/** Which engines are wanted, and where they and their data live. */
export interface EngineRequest {
  /** Data kept between starts, in `mongodb` and `redis` below it. */
  readonly dataDir: string;
  readonly mongodb: boolean;
  readonly redis: boolean;
  /** The user's cache folder for fetched programs. */
  readonly cacheDir: string;
  /** A mongod to use instead of any that would be found. */
  readonly mongodBinary?: string | undefined;
  /** For tests: ends fast, commits do not wait for the disk, and `dataDir` is deleted at the end, however that comes. */
  readonly ephemeral?: boolean;
  /** Hears what is being done; while something takes long, at least every 5 seconds. */
  readonly onProgress?: (line: string) => void;
  /** What child processes get as environment, PATH above all; this process's own where it is not given. */
  readonly environment?: ChildEnvironment;
}

/** Engines that are ready; an address is there for each engine that was asked for. */
export interface Engines {
  readonly mongodbUri?: string;
  readonly redisUrl?: string;
  /** Ends the engines in an orderly way; resolves when every process is gone. May be called again. */
  stop(): Promise<void>;
}

/**
 * Finds, fetches where needed, and starts the engines that are asked for; resolves when they take writes. They never
 * outlive this process, not even when it is killed, and one that dies meanwhile is started again in its place.
 * @throws DataDirInUseError when another server works on the folder.
 * @throws EngineUnavailableError when an engine cannot be had, one sentence per engine; nothing is left running.
 */
export async function startEngines(request: EngineRequest): Promise<Engines> {
  if (!request.mongodb && !request.redis) return { stop: () => Promise.resolve() };
  const dataDir = resolve(request.dataDir);
  const report = request.onProgress ?? (() => undefined);
  const lock = await takeDataDir(dataDir);
  const release = async (): Promise<void> => {
    await lock.release();
    if (request.ephemeral === true) await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const ticker = new StepTicker(report);
    try {
      await stopOrphans(dataDir, () => ticker.begin('stopping the engines of an earlier server'));
    } finally {
      ticker.end();
    }
    const session = new EngineSession({
      dataDir,
      cacheDir: resolve(request.cacheDir),
      mongodBinary: request.mongodBinary === undefined ? undefined : resolve(request.mongodBinary),
      ephemeral: request.ephemeral ?? false,
      environment: request.environment ?? inheritedEnvironment(),
      report,
      release,
    });
    const addresses = await session.start(request);
    return { ...addresses, stop: () => session.stop() };
  } catch (fault) {
    await release();
    throw fault;
  }
}

async function takeDataDir(dataDir: string): Promise<DataDirLock> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    return await lockDataDir(dataDir);
  } catch (fault) {
    if (fault instanceof EngineUnavailableError) throw fault;
    const sentence = `DATA_DIR ${dataDir} cannot be used (${reasonOf(fault)}): set DATA_DIR to a folder that can be written.`;
    throw new EngineUnavailableError(sentence, { cause: fault });
  }
}
