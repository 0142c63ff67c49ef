import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compiledServer, patchCompiled } from '../fault/ground/compiled.js';
import { WEAKENING_PATCHES } from '../fault/ground/weakenings.js';
import { REMOVALS } from '../mutations/removals.js';

describe('What the mutation run and the fault matrix change in the compiled server', () => {
  let folder: string;
  let program: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voho-removals-'));
    program = await compiledServer(join(folder, 'whole'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is many locks, each named once', () => {
    expect(REMOVALS.length).toBeGreaterThan(25);
    expect(new Set(REMOVALS.map(({ lock }) => lock)).size).toBe(REMOVALS.length);
  });

  it('is where the compiled server has it', async () => {
    const faults: unknown[] = [];
    const changes = [
      ...REMOVALS.map(({ lock, patches }) => [lock, patches] as const),
      ...Object.entries(WEAKENING_PATCHES),
    ];
    for (const [what, patches] of changes) {
      const copy = join(folder, 'copy');
      for (const { file } of patches) await cp(join(program, file), join(copy, file));
      await patchCompiled(copy, what, patches).catch((error: unknown) => faults.push(error));
    }
    expect(faults).toEqual([]);
  });
});
