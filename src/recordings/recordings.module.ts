import { Global, Module } from '@nestjs/common';
import { RecordingLinks } from './recording-links.js';
import { RecordingStore } from './recording-store.js';

/** Where recordings are kept, and how they are handed out. */
@Global()
@Module({ providers: [RecordingStore, RecordingLinks], exports: [RecordingStore, RecordingLinks] })
export class RecordingsModule {}
