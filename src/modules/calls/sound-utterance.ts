import { z } from 'zod';
import { reportUnreadable } from '../../errors/unreadable-data.js';
import type { UtteranceDocument } from './utterance.schema.js';

const seconds = z.number().nullish();
const shape = z.object({
  ordinal: z.int32(),
  speaker: z.enum(['AGENT', 'USER', 'TOOL']),
  text: z.string(),
  medium: z.enum(['VOICE', 'TEXT']),
  startSeconds: seconds,
  endSeconds: seconds,
});

/**
 * A stored utterance as it can be shown: the very document where it is sound. A damaged one keeps its place in the
 * transcript, without its text, and raises the alarm. Never throws.
 */
export function soundUtterance(stored: UtteranceDocument): UtteranceDocument {
  const read = shape.safeParse(stored);
  if (read.success) return stored;
  const faults = new Set(read.error.issues.map(({ path }) => String(path[0])));
  const reason = `its ${[...faults].join(', ')} cannot be read`;
  reportUnreadable({ what: 'utterance', id: stored._id.toHexString(), reason });
  return {
    ...stored,
    ...(faults.has('ordinal') && { ordinal: 0 }),
    // Neither the agent nor the person is made to have said it.
    ...(faults.has('speaker') && { speaker: 'TOOL' as const }),
    ...(faults.has('medium') && { medium: 'VOICE' as const }),
    text: faults.has('text') ? '' : stored.text,
    startSeconds: null,
    endSeconds: null,
  };
}
