import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compiledServer } from '../fault/ground/compiled.js';
import { weaken, WEAKENINGS } from '../fault/ground/weakenings.js';
import { remove } from '../mutations/removal.js';
import { REMOVALS } from '../mutations/removals.js';

describe('What the mutation run and the fault matrix change in the compiled server', () => {
  let folder: string;
  let program: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voho-removals-'));
    program = await compiledServer(join(folder, 'whole'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('are many locks, and each is named once', () => {
    expect(REMOVALS.length).toBeGreaterThan(25);
    expect(new Set(REMOVALS.map(({ lock }) => lock)).size).toBe(REMOVALS.length);
  });

  it('are locks where the compiled server has them', async () => {
    const faults: unknown[] = [];
    for (const removal of REMOVALS) {
      const copy = join(folder, 'copy');
      for (const { file } of removal.patches) await cp(join(program, file), join(copy, file));
      await remove(copy, removal).catch((error: unknown) => faults.push(error));
    }
    expect(faults).toEqual([]);
  });

  it.each(WEAKENINGS)('%s: its places are there', async weakening => {
    const copy = join(folder, weakening);
    await cp(program, copy, { recursive: true });
    await weaken(copy, weakening);
  });
});
