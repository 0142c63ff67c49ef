import { Injectable } from '@nestjs/common';
import { PersonalData } from '../data-keys/personal-data.js';
import type { ObjectId } from '../mongo/object-id.js';
import { reportUnreadable } from '../errors/unreadable-data.js';
import { frozen } from '../repeat/frozen.js';
import { SealedValueError } from '../vault/vault.js';
import type { CallEventDocument, CallHappening, KnownHappening } from './call-event.schema.js';

/** What was said, or summed up. */
type Words = Readonly<Record<string, string | null>>;

/** What an event is stored as: its words apart, sealed, where there are any. */
export type SealedHappening = Pick<CallEventDocument, 'happening' | 'sealedWords'>;

/**
 * The words of call events, which outlive their call as entries of the feed. They are sealed with the key of whoever
 * made the call: once it is destroyed they are gone, wherever a copy of the event is. A call that a program has made is
 * nobody's, and its words stand open.
 */
@Injectable()
export class EventWords {
  private readonly known = new WeakMap<CallEventDocument, CallEventDocument>();

  constructor(private readonly persons: PersonalData) {}

  /** Seals what an event says, in the running transaction. */
  async seal(ownerId: ObjectId | null, happening: KnownHappening): Promise<SealedHappening> {
    const words = ownerId ? wordsOf(happening) : null;
    if (!ownerId || !words) return { happening, sealedWords: null };
    return {
      happening: withWords(happening, NO_WORDS),
      sealedWords: await this.persons.seal({ userId: ownerId }, JSON.stringify(words)),
    };
  }

  /**
   * An event with its words, the same object each time; without them once nobody may read them any more, and where they
   * cannot be opened, which raises the alarm. @throws only what the store throws, such as an outage.
   */
  async open(event: CallEventDocument): Promise<CallEventDocument> {
    const { _id, sealedWords } = event;
    if (!sealedWords) return event;
    try {
      const text = await this.persons.open(sealedWords);
      if (text === null) return event;
      const opened =
        this.known.get(event) ??
        frozen({ ...event, happening: withWords(event.happening, parsedWords(text)) });
      this.known.set(event, opened);
      return opened;
    } catch (error) {
      if (!(error instanceof SealedValueError)) throw error;
      reportUnreadable({ what: 'call event', id: _id.toHexString(), reason: error.message });
      return event;
    }
  }

  openAll(events: readonly CallEventDocument[]): Promise<CallEventDocument[]> {
    return Promise.all(events.map(event => this.open(event)));
  }
}

const NO_WORDS: Words = { text: '', summary: '', shortSummary: null };

function wordsOf(happening: KnownHappening): Words | null {
  switch (happening.type) {
    case 'utteranceAdded':
      return { text: happening.utterance.text };
    case 'summaryReady':
      return { summary: happening.summary, shortSummary: happening.shortSummary };
    case 'statusChanged':
    case 'transcriptSettled':
    case 'recordingReady':
    case 'deleted':
      return null;
  }
}

function withWords(happening: CallHappening, words: Words): CallHappening {
  if (happening.type === 'utteranceAdded')
    return { ...happening, utterance: { ...happening.utterance, text: words['text'] ?? '' } };
  if (happening.type === 'summaryReady')
    return { ...happening, summary: words['summary'] ?? '', shortSummary: words['shortSummary'] ?? null };
  return happening;
}

/** @throws SealedValueError for what is no set of words. */
function parsedWords(text: string): Words {
  try {
    const words: unknown = JSON.parse(text);
    if (typeof words === 'object' && words !== null)
      return Object.fromEntries(
        Object.entries(words).filter(([, value]) => value === null || typeof value === 'string'),
      );
  } catch {
    // Told below.
  }
  throw new SealedValueError('it holds something else');
}

/** An event as it is once its words are taken out of the store. */
export function withoutWords(event: CallEventDocument): CallEventDocument {
  return { ...event, happening: withWords(event.happening, NO_WORDS), sealedWords: null };
}
