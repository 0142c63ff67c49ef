import { Module } from '@nestjs/common';
import { HeadNotesWriter } from './head-notes-writer.js';
import { RedisHeadNotes } from './redis-head-notes.js';
import { RestoreCheck } from './restore-check.js';
import { StoredHeadNotes } from './stored-head-notes.js';
import { StreamEpochs } from './stream-epochs.service.js';

/** Notices that the database was set back, so that no stream skips what then gets the positions of what is gone. */
@Module({
  providers: [HeadNotesWriter, RedisHeadNotes, RestoreCheck, StoredHeadNotes, StreamEpochs],
})
export class RestoresModule {}
