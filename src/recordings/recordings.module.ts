import { join } from 'node:path';
import { Global, Module } from '@nestjs/common';
import { SETTINGS, type Settings } from '../config/settings.js';
import { TenantContext } from '../tenancy/tenant-context.js';
import { DirectoryRecordingStore } from './directory-recording-store.js';
import { RecordingSaves } from './recording-saves.js';
import { RecordingStore } from './recording-store.js';

/** Where recordings are kept: below DATA_DIR, or where RECORDINGS_URL says. */
@Global()
@Module({
  providers: [
    RecordingSaves,
    {
      provide: RecordingStore,
      inject: [SETTINGS, TenantContext],
      useFactory: async (settings: Settings, context: TenantContext): Promise<RecordingStore> => {
        const location = settings.RECORDINGS_URL;
        if (!location) return new DirectoryRecordingStore(join(settings.DATA_DIR, 'recordings'), context);
        // Loaded where it is used alone: the SDK is large.
        const { S3RecordingStore } = await import('./s3-recording-store.js');
        return new S3RecordingStore(location, context);
      },
    },
  ],
  exports: [RecordingStore, RecordingSaves],
})
export class RecordingsModule {}
