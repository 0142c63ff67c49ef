import { Module } from '@nestjs/common';
import { CheckpointWriter } from './checkpoint-writer.js';

/** Writes checkpoints as the server runs; the operator's command line makes its own. */
@Module({ providers: [CheckpointWriter] })
export class AuditCheckpointsModule {}
