import type { Utterance } from '../../events/call-event.schema.js';
import { defineCollection } from '../../mongo/model-provider.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { type ScopedDocument, scopedSchema } from '../../tenancy/plugin/scoped-schema.js';

/** One utterance of a call's transcript. */
export interface UtteranceDocument extends ScopedDocument, Utterance {
  callId: ObjectId;
}

const schema = scopedSchema<UtteranceDocument>({
  callId: { type: 'ObjectId', required: true },
  ordinal: { type: Number, required: true },
  speaker: { type: String, required: true, enum: ['AGENT', 'USER', 'TOOL'] },
  text: { type: String, default: '' },
  medium: { type: String, required: true, enum: ['VOICE', 'TEXT'] },
  startSeconds: { type: Number, default: null },
  endSeconds: { type: Number, default: null },
} as never);
// For UtterancesRepository.page; unique, so that an utterance told twice is stored once.
schema.index({ tenantId: 1, callId: 1, ordinal: 1 }, { unique: true });

export const UTTERANCES = defineCollection<UtteranceDocument>('Utterance', 'utterances', schema);
