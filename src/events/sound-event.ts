import { z } from 'zod';
import { reportUnreadable } from '../errors/unreadable-data.js';
import { type ObjectId, parseObjectId } from '../mongo/object-id.js';
import {
  CALL_END_REASONS,
  CALL_STATUSES,
  type CallEventDocument,
  type CallHappening,
  type KnownHappening,
} from './call-event.schema.js';

const status = z.enum(CALL_STATUSES);
const seconds = z.number().nullish();
const utterance = z.object({
  ordinal: z.int32(),
  speaker: z.enum(['AGENT', 'USER', 'TOOL']),
  text: z.string(),
  medium: z.enum(['VOICE', 'TEXT']),
  startSeconds: seconds,
  endSeconds: seconds,
});

/** What each kind of event must hold for clients to be told of it. */
const SHAPES: Readonly<Record<KnownHappening['type'], z.ZodType>> = {
  statusChanged: z.object({
    status,
    previousStatus: status.nullish(),
    endReason: z.enum(CALL_END_REASONS).nullish(),
  }),
  utteranceAdded: z.object({ utterance, joinedAt: z.date().nullish() }),
  transcriptSettled: z.object({ utteranceCount: z.int32() }),
  recordingReady: z.object({}),
  summaryReady: z.object({ summary: z.string(), shortSummary: z.string().nullish() }),
  deleted: z.object({}),
};

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isKnown = (type: string): type is KnownHappening['type'] => Object.hasOwn(SHAPES, type);

/**
 * A stored event as it can be handed out: the very document where it is sound. An event of a kind that this version does
 * not know, as a newer one beside it may store, becomes one of an unknown kind. A damaged one is handed out as far as it
 * can be read, and raises the alarm. Never throws.
 */
export function soundEvent(stored: CallEventDocument): CallEventDocument {
  const faults: string[] = [];
  const happening = soundHappening(stored.happening, faults);
  const repaired = repairedFields(stored, faults);
  if (faults.length > 0)
    reportUnreadable({ what: 'call event', id: stored._id.toHexString(), reason: faults.join(', ') });
  return happening === stored.happening && faults.length === 0
    ? stored
    : { ...stored, ...repaired, happening };
}

function soundHappening(stored: unknown, faults: string[]): CallHappening {
  if (!isFields(stored) || typeof stored['type'] !== 'string') {
    faults.push('it does not say what happened');
    return { type: 'unknown', kind: '' };
  }
  const { type } = stored;
  if (!isKnown(type)) return { type: 'unknown', kind: type };
  if (SHAPES[type].safeParse(stored).success) return stored as unknown as KnownHappening;
  const bare = withoutContent(type, stored);
  if (SHAPES[type].safeParse(bare).success) {
    faults.push(`its ${type} cannot be read in full`);
    return bare as unknown as KnownHappening;
  }
  faults.push(`its ${type} cannot be read`);
  return { type: 'unknown', kind: type };
}

/** What is left of an event once all is taken out that it can do without. */
function withoutContent(type: KnownHappening['type'], stored: Fields): Fields {
  switch (type) {
    case 'statusChanged':
      return { ...stored, previousStatus: null, endReason: stored['endReason'] == null ? null : 'OTHER' };
    case 'utteranceAdded':
      return {
        ...stored,
        joinedAt: null,
        utterance: {
          ...(isFields(stored['utterance']) ? stored['utterance'] : {}),
          text: '',
          startSeconds: null,
          endSeconds: null,
        },
      };
    case 'summaryReady':
      return { ...stored, summary: '', shortSummary: null };
    case 'transcriptSettled':
    case 'recordingReady':
    case 'deleted':
      return stored;
  }
}

const NO_CALL = '0'.repeat(24);

/** The fields beside what happened that all readers rely on, put right where they are not. */
function repairedFields(stored: CallEventDocument, faults: string[]): Partial<CallEventDocument> {
  const { occurredAt, sequence, callId, ownerId, sealedWords } = stored as Partial<CallEventDocument>;
  const repaired: Partial<CallEventDocument> = {};
  const repair = (fields: Partial<CallEventDocument>, fault: string) => {
    Object.assign(repaired, fields);
    faults.push(fault);
  };
  if (!(occurredAt instanceof Date) || Number.isNaN(occurredAt.getTime()))
    repair({ occurredAt: stored._id.getTimestamp() }, 'its time cannot be read');
  if (!Number.isInteger(sequence)) repair({ sequence: 0 }, 'its sequence cannot be read');
  if (!isId(callId)) repair({ callId: parseObjectId(NO_CALL) as ObjectId }, 'its call cannot be read');
  // Of nobody rather than of anybody: admins alone may hear of it then.
  if (ownerId != null && !isId(ownerId)) repair({ ownerId: null }, 'its owner cannot be read');
  if (sealedWords != null && typeof sealedWords !== 'string')
    repair({ sealedWords: null }, 'its words cannot be read');
  return repaired;
}

const isId = (value: unknown): value is ObjectId =>
  typeof value === 'object' && value !== null && '_bsontype' in value && value._bsontype === 'ObjectId';
