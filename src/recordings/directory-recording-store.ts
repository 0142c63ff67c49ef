import type { Stats } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { newObjectId, type ObjectId } from '../mongo/object-id.js';
import type { TenantContext } from '../tenancy/tenant-context.js';
import { type ByteRange, RecordingStore, type StoredRecording } from './recording-store.js';

/** What the user of the server alone may read. */
const OWN_FOLDER = { recursive: true, mode: 0o700 } as const;
const OWN_FILE = { mode: 0o600 } as const;

/** Keeps recordings as files, for the user of the server alone. A file that is being written has a name of its own until it is whole. */
export class DirectoryRecordingStore extends RecordingStore {
  constructor(
    private readonly folder: string,
    private readonly context: TenantContext,
  ) {
    super();
  }

  async save(callId: ObjectId, wav: AsyncIterable<Uint8Array>): Promise<void> {
    const path = this.pathOf(callId);
    const unfinished = `${path}.${newObjectId().toHexString()}`;
    await mkdir(this.tenantFolder, OWN_FOLDER);
    try {
      await writeFile(unfinished, wav, OWN_FILE);
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
    await this.removeUnfinished(callId);
  }

  async find(callId: ObjectId): Promise<StoredRecording | null> {
    const path = this.pathOf(callId);
    const file = await stat(path).catch(() => null);
    if (!file?.isFile()) return null;
    const etag = etagOf(file);
    return {
      size: file.size,
      etag,
      modifiedAt: file.mtime,
      read: async (range?: ByteRange): Promise<Readable> => {
        const handle = await open(path);
        if (etagOf(await handle.stat()) === etag) return handle.createReadStream(range);
        await handle.close();
        throw new Error('The recording was replaced since it was found');
      },
    };
  }

  async remove(callId: ObjectId): Promise<void> {
    await rm(this.pathOf(callId), { force: true });
    await this.removeUnfinished(callId);
  }

  async removeAll(): Promise<void> {
    await rm(this.tenantFolder, { recursive: true, force: true });
  }

  async readNote(name: string): Promise<string | null> {
    try {
      return await readFile(join(this.folder, name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  async writeNote(name: string, text: string): Promise<void> {
    const path = join(this.folder, name);
    const unfinished = `${path}.${newObjectId().toHexString()}`;
    await mkdir(this.folder, OWN_FOLDER);
    try {
      await writeFile(unfinished, text, OWN_FILE);
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }

  /** What a process that died while it wrote has left. */
  private async removeUnfinished(callId: ObjectId): Promise<void> {
    const start = `${callId.toHexString()}.wav.`;
    const files = await readdir(this.tenantFolder).catch((): string[] => []);
    for (const file of files)
      if (file.startsWith(start)) await rm(join(this.tenantFolder, file), { force: true });
  }

  private get tenantFolder(): string {
    return join(this.folder, this.context.tenant.id.toHexString());
  }

  private pathOf(callId: ObjectId): string {
    return join(this.tenantFolder, `${callId.toHexString()}.wav`);
  }
}

/** The inode too: a file that takes another one's place within a millisecond has another inode. */
const etagOf = ({ size, ino, mtimeMs }: Stats): string =>
  `"${[size, ino, mtimeMs].map(part => part.toString(36)).join('-')}"`;
