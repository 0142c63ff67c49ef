import { Module } from '@nestjs/common';
import { CheckpointFiles } from './checkpoint-files.js';
import { CheckpointWriter } from './checkpoint-writer.js';

/** Writes checkpoints as the server runs; the operator's command line makes its own. */
@Module({ providers: [CheckpointFiles, CheckpointWriter], exports: [CheckpointFiles] })
export class AuditCheckpointsModule {}
