import { Injectable } from '@nestjs/common';
import { toPublicId } from '../../ids/public-id.js';
import { SignedLinks } from '../../links/signed-links.js';
import type { CallRecordingModel } from './call-recording.model.js';
import type { CallDocument } from './call.schema.js';

/** How long a link works: long enough to begin listening. */
const LIFETIME_MS = 5 * 60_000;

/** Hands out links to recordings. */
@Injectable()
export class CallRecordings {
  constructor(private readonly links: SignedLinks) {}

  /** A fresh link; null while there is no recording. */
  linkTo(call: CallDocument): CallRecordingModel | null {
    if (call.settlement.recording !== 'ready' || call.deletedAt) return null;
    const file = `${toPublicId('call', call._id)}.wav`;
    return { ...this.links.issue('recordings', file, LIFETIME_MS), contentType: 'audio/wav' };
  }
}
