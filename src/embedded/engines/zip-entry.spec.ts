import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extractZipEntry } from './zip-entry.js';

/** Written by Python's zipfile: `stored.txt`, `bin/deflated.txt` and an archive comment. */
const ARCHIVE = Buffer.from(
  'UEsDBBQAAAAAAAAAIQAPNqImDQAAAA0AAAAKAAAAc3RvcmVkLnR4dGtlcHQgYXMgaXQgaXNQSwMEFAAAAAgAAAAhAPq4DQQOAAAAWAIAABAAAABi' +
    'aW4vZGVmbGF0ZWQudHh0S0xPzMxTSBwlR0mqkgBQSwECFAMUAAAAAAAAACEADzaiJg0AAAANAAAACgAAAAAAAAAAAAAAgAEAAAAAc3RvcmVkLnR4' +
    'dFBLAQIUAxQAAAAIAAAAIQD6uA0EDgAAAFgCAAAQAAAAAAAAAAAAAACAATUAAABiaW4vZGVmbGF0ZWQudHh0UEsFBgAAAAACAAIAdgAAAHEAAAAJ' +
    'AGEgY29tbWVudA==',
  'base64',
);

describe('extractZipEntry', () => {
  let folder: string;
  let archive: string;
  let target: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voho-zip-'));
    archive = join(folder, 'archive.zip');
    target = join(folder, 'target');
    await writeFile(archive, ARCHIVE);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('writes a stored entry', async () => {
    await extractZipEntry(archive, 'stored.txt', target);
    expect(await readFile(target, 'utf8')).toBe('kept as it is');
  });

  it('writes a deflated entry', async () => {
    await extractZipEntry(archive, 'bin/deflated.txt', target);
    expect(await readFile(target, 'utf8')).toBe('again '.repeat(100));
  });

  it('refuses an entry that is not there', async () => {
    await expect(extractZipEntry(archive, 'missing', target)).rejects.toThrow('no entry missing');
  });

  it('refuses what is no archive', async () => {
    const other = join(folder, 'other');
    await writeFile(other, 'plain text, and rather more of it than an archive has at least');
    await expect(extractZipEntry(other, 'stored.txt', target)).rejects.toThrow('no zip archive');
  });
});
