import { randomBytes } from 'node:crypto';
import mongoose, { type mongo } from 'mongoose';

/** What each of the calls is to have. */
export interface HeavyCalls {
  /** The public id of a stored call, of which they are copies. */
  readonly of: string;
  readonly count: number;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly summary?: string;
  readonly systemPrompt?: string;
  readonly utterances?: readonly string[];
}

/** The largest metadata that a call may have: 50 texts of 1,000 characters under names of 100. */
export function largestMetadata(character = 'v'): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: 50 }, (_entry, index) => [
      `key-${index}-`.padEnd(100, 'k'),
      character.repeat(1000 / character.length),
    ]),
  );
}

/** Stores copies of a call with longer texts: making hundreds of calls would take minutes. */
export async function storeHeavyCalls(db: mongo.Db, heavy: HeavyCalls): Promise<void> {
  const calls = db.collection('calls');
  const stored = await calls.findOne({ _id: new mongoose.Types.ObjectId(heavy.of.slice('call_'.length)) });
  if (!stored) throw new Error('The call to copy is not stored');
  const { metadata, summary, systemPrompt, utterances = [] } = heavy;
  const texts = {
    ...(metadata && { metadata }),
    ...(summary !== undefined && { summary }),
    ...(systemPrompt !== undefined && { systemPrompt }),
    words: [],
    metadataPairs: [],
  };
  for (let made = 1; made <= heavy.count; made += 1) {
    const _id = new mongoose.Types.ObjectId();
    const createdAt = new Date((stored['createdAt'] as Date).getTime() + made);
    const provider = { ...(stored['provider'] as object), callId: randomBytes(16).toString('hex') };
    await calls.insertOne({ ...stored, ...texts, _id, createdAt, provider });
    const said = utterances.map((text, ordinal) => ({
      tenantId: stored['tenantId'] as object,
      callId: _id,
      ordinal,
      speaker: 'AGENT',
      text,
      medium: 'VOICE',
      startSeconds: ordinal,
      endSeconds: ordinal + 1,
    }));
    if (said.length > 0) await db.collection('utterances').insertMany(said);
  }
}
