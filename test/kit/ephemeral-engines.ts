import { homedir } from 'node:os';
import { join } from 'node:path';
import { type EngineRequest, type Engines, startEngines } from '../../src/embedded/engines/start-engines.js';

/** Where programs that were fetched are kept between runs: where the server keeps its own. */
export const CACHE_DIR = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'voho');

/** Starts a real MongoDB and a real Valkey, by the same ladder as `npm start`, that leave nothing behind. */
export function startEphemeralEngines(
  request: Pick<EngineRequest, 'dataDir'> & Partial<EngineRequest>,
): Promise<Engines> {
  return startEngines({
    mongodb: true,
    redis: true,
    cacheDir: CACHE_DIR,
    mongodBinary: process.env['MONGOMS_SYSTEM_BINARY'],
    ephemeral: true,
    ...request,
  });
}
