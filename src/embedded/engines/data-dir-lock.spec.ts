import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockDataDir, lockOwner } from './data-dir-lock.js';
import { DataDirInUseError } from './engine-unavailable.error.js';

describe('the lock of a data folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voho-lock-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('refuses a second owner in one sentence that names the folder and both variables', async () => {
    await lockDataDir(folder);
    await expect(lockDataDir(folder)).rejects.toThrow(
      new DataDirInUseError(folder, process.pid) satisfies Error,
    );
    expect(new DataDirInUseError(folder, 1).message).toMatch(/DATA_DIR .* PORT/);
  });

  it('is free again after its release, and a second release takes nothing from the next owner', async () => {
    const first = await lockDataDir(folder);
    await first.release();
    await lockDataDir(folder);
    await first.release();
    expect((await lockOwner(folder))?.pid).toBe(process.pid);
  });

  it.each([
    ['a dead process', JSON.stringify({ pid: process.pid, started: 'before the restart' })],
    ['a crash while it was written', ''],
    ['something unreadable', '{'],
  ])('left behind by %s goes to exactly one of many starts', async (_reason, content) => {
    await writeFile(join(folder, 'engines.lock'), content);
    const starts = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataDir(folder)));
    expect(starts.filter(start => start.status === 'fulfilled')).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['engines.lock']);
  });
});
