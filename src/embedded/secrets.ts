import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const secrets = z.object({ JWT_SECRET: z.string().min(32), MASTER_KEY: z.string().min(32) });

/** What a server without configured secrets signs and seals with. */
export type EmbeddedSecrets = Readonly<z.infer<typeof secrets>>;

/**
 * The secrets kept in the data folder; made once, readable by the owner alone. Processes that start at the same
 * time agree on one pair.
 * @throws when the folder cannot be written, or holds a file that is not ours: making new secrets then would turn
 * everything that was sealed with the old ones unreadable.
 */
export async function embeddedSecrets(dataDir: string): Promise<EmbeddedSecrets> {
  const path = join(dataDir, 'secrets.json');
  return (await read(path)) ?? (await make(dataDir, path));
}

async function make(dataDir: string, path: string): Promise<EmbeddedSecrets> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const fresh: EmbeddedSecrets = { JWT_SECRET: randomSecret(), MASTER_KEY: randomSecret() };
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, `${JSON.stringify(fresh, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  try {
    // Unlike a rename, a link never replaces the file of somebody who was faster, and is never half written.
    await link(draft, path);
    return fresh;
  } catch (error) {
    const existing = await read(path);
    if (!existing) throw error;
    return existing;
  } finally {
    await rm(draft, { force: true });
  }
}

async function read(path: string): Promise<EmbeddedSecrets | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return secrets.parse(JSON.parse(text));
  } catch {
    throw new Error(
      `${path} does not hold Voho's secrets: put the right file back, or set JWT_SECRET and MASTER_KEY.`,
    );
  }
}

const randomSecret = () => randomBytes(32).toString('base64url');
