import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '../config/settings.js';
import { newObjectId, type ObjectId } from '../mongo/object-id.js';
import { TenantContext } from '../tenancy/tenant-context.js';

/** Keeps recordings as files below DATA_DIR, a folder for each tenant. */
@Injectable()
export class RecordingStore {
  private readonly folder: string;

  constructor(
    @Inject(SETTINGS) settings: Settings,
    private readonly context: TenantContext,
  ) {
    this.folder = join(settings.DATA_DIR, 'recordings');
  }

  /** Stores a call's recording as it comes, whole or not at all; once more replaces it. @throws what `wav` throws. */
  async save(callId: ObjectId, wav: AsyncIterable<Uint8Array>): Promise<void> {
    const path = this.pathOf(callId);
    const unfinished = `${path}.${newObjectId().toHexString()}`;
    await mkdir(dirname(path), { recursive: true });
    try {
      await writeFile(unfinished, wav);
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }

  /** The file of a call's recording; null when this process has none. */
  async find(callId: ObjectId): Promise<string | null> {
    const path = this.pathOf(callId);
    return stat(path).then(
      () => path,
      () => null,
    );
  }

  async remove(callId: ObjectId): Promise<void> {
    await rm(this.pathOf(callId), { force: true });
  }

  private pathOf(callId: ObjectId): string {
    return join(this.folder, this.context.tenant.id.toHexString(), `${callId.toHexString()}.wav`);
  }
}
