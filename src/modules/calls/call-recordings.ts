import { Injectable } from '@nestjs/common';
import { toPublicId } from '../../ids/public-id.js';
import { RecordingLinks } from '../../recordings/recording-links.js';
import type { CallRecordingModel } from './call-recording.model.js';
import type { CallDocument } from './call.schema.js';

/** Hands out links to recordings. */
@Injectable()
export class CallRecordings {
  constructor(private readonly links: RecordingLinks) {}

  /** A fresh link; null while there is no recording. */
  linkTo(call: CallDocument): CallRecordingModel | null {
    if (call.settlement.recording !== 'ready' || call.deletedAt) return null;
    return { ...this.links.issue(toPublicId('call', call._id)), contentType: 'audio/wav' };
  }
}
