import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { embeddedSecrets } from './secrets.js';

describe('embeddedSecrets', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voho-secrets-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('makes two different secrets once and gives the same ones from then on', async () => {
    const first = await embeddedSecrets(join(folder, 'data'));
    expect(first.JWT_SECRET).not.toBe(first.MASTER_KEY);
    expect(await embeddedSecrets(join(folder, 'data'))).toEqual(first);
  });

  it('lets nobody else read the file', async () => {
    await embeddedSecrets(folder);
    expect((await stat(join(folder, 'secrets.json'))).mode & 0o777).toBe(0o600);
  });

  it('gives the same secrets to all who start at the same time, and leaves no drafts', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => embeddedSecrets(folder)));
    expect(new Set(all.map(pair => pair.MASTER_KEY)).size).toBe(1);
    expect(await readdir(folder)).toEqual(['secrets.json']);
  });

  it('does not replace a file that it cannot read', async () => {
    await writeFile(join(folder, 'secrets.json'), '{"JWT_SECRET":"short"}');
    await expect(embeddedSecrets(folder)).rejects.toThrow('put the right file back');
  });
});
