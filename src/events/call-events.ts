import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import type { PageQuery } from '../pagination/connection.js';
import { newObjectId, type ObjectId } from '../mongo/object-id.js';
import { Sweeper } from '../tenancy/sweeper.js';
import { type NewDocument, type ScopedFilter, TenantRepository } from '../tenancy/tenant-repository.js';
import { CALL_EVENTS, type CallEventDocument, type KnownHappening } from './call-event.schema.js';
import { EventWords } from './event-words.js';
import { soundEvent } from './sound-event.js';
import { type Sealed, Sealer, type StreamSealing } from './sealer.js';
import type { StreamHead } from './stream-heads.js';

/** Which events of a tenant somebody may hear: all, those of his own calls, or those of one call. */
export interface EventVisibility {
  readonly ownerId?: ObjectId;
  readonly callId?: ObjectId;
}

/** What an event needs to know of its call. */
export interface EventSubject {
  readonly callId: ObjectId;
  readonly ownerId: ObjectId | null;
  /** The last sequence used; the new events continue it. */
  readonly lastSequence: number;
  readonly occurredAt: Date;
}

/** The store of call events: the truth that live delivery reads from. */
@Injectable()
export class CallEvents extends TenantRepository<CallEventDocument> implements StreamSealing {
  readonly stream = 'calls';

  constructor(
    @Inject(CALL_EVENTS.token) model: Model<CallEventDocument>,
    private readonly sealer: Sealer,
    private readonly words: EventWords,
    private readonly sweeper: Sweeper,
  ) {
    super(model);
    sealer.register(this);
  }

  /** Stores events in the running transaction, right beside the change they tell of. */
  async append(subject: EventSubject, happenings: readonly KnownHappening[]): Promise<void> {
    if (happenings.length === 0) return;
    const { callId, ownerId, lastSequence, occurredAt } = subject;
    const events: NewDocument<CallEventDocument>[] = [];
    for (const [index, happening] of happenings.entries()) {
      events.push({
        _id: newObjectId(),
        callId,
        ownerId,
        sequence: lastSequence + 1 + index,
        position: null,
        occurredAt,
        ...(await this.words.seal(ownerId, happening)),
      });
    }
    await this.insertMany(events);
    await this.sealer.enqueue(
      this.stream,
      events.map(event => event._id),
    );
  }

  /** Gives positions: by time, and within a call always by sequence. */
  async seal(ids: readonly ObjectId[], head: StreamHead, isPartial: boolean): Promise<Sealed> {
    const batch = (await this.find({ _id: { $in: [...ids] } })).map(soundEvent);
    const earlier = isPartial ? await this.unsealedBefore(batch) : [];
    const events = [...batch, ...earlier].sort(byTime);
    await this.updateEach(
      inSealedOrder(events).map((event, index) => ({
        filter: { _id: event._id },
        update: { $set: { position: head.position + 1 + index } },
      })),
    );
    return {
      position: head.position + events.length,
      hash: '',
      further: earlier.map(event => event._id),
    };
  }

  /** The visible events behind a position, in order, at most `limit`. */
  async after(position: number, visibility: EventVisibility, limit: number): Promise<CallEventDocument[]> {
    return this.words.openAll(await this.sealedAfter(position, visibility, limit));
  }

  /** The same as they are stored, for whoever opens each one when he hands it out: see EventWords. */
  async sealedAfter(
    position: number,
    visibility: EventVisibility,
    limit: number,
  ): Promise<CallEventDocument[]> {
    const events = await this.find(
      { ...visibilityFilter(visibility), position: { $gt: position } },
      { sort: { position: 1 }, limit },
    );
    return events.map(soundEvent);
  }

  /** Which call each event behind a position belongs to, in order, at most `limit`. */
  async callsAfter(
    position: number,
    limit: number,
  ): Promise<Pick<CallEventDocument, 'callId' | 'position'>[]> {
    return this.find(
      { position: { $gt: position } },
      { sort: { position: 1 }, limit, projection: { callId: 1, position: 1 } },
    );
  }

  /** Events of some kinds, or of all with null, that occurred in a time, at most `limit`, in no order; none behind `upTo`. Without content. */
  between(
    from: Date,
    to: Date,
    { types, upTo, limit }: { types: readonly string[] | null; upTo: number; limit: number },
  ): Promise<Pick<CallEventDocument, '_id' | 'callId' | 'position'>[]> {
    return this.find(
      {
        occurredAt: { $gte: from, $lt: to },
        position: { $gt: 0, $lte: upTo },
        ...(types ? { 'happening.type': { $in: [...types] } } : {}),
      },
      { limit, projection: { callId: 1, position: 1 } },
    );
  }

  /** Removes the events up to a position. The stream's floor must have been raised to it before. Not in a transaction. */
  async removeUpTo(position: number): Promise<void> {
    await this.sweeper.remove(CALL_EVENTS, { position: { $gt: 0, $lte: position } });
  }

  /** A page of one call's events, in order; only those that have their position. */
  async pageOfCall(callId: ObjectId, query: PageQuery): Promise<CallEventDocument[]> {
    const events = await this.find(
      { $and: [{ callId, position: { $gt: 0 } }, query.range] },
      {
        sort: { position: 1 },
        limit: query.limit,
      },
    );
    return this.words.openAll(events.map(soundEvent));
  }

  countOfCall(callId: ObjectId): Promise<number> {
    return this.count({ callId, position: { $gt: 0 } });
  }

  /** Takes the words out of a deleted call's events. The events themselves stay, in their places. */
  async eraseContent(callId: ObjectId): Promise<void> {
    await this.updateMany(
      { callId, 'happening.type': 'utteranceAdded' },
      {
        $set: { 'happening.utterance.text': '', sealedWords: null },
      },
    );
    await this.updateMany(
      { callId, 'happening.type': 'summaryReady' },
      {
        $set: { 'happening.summary': '', 'happening.shortSummary': null, sealedWords: null },
      },
    );
    // Kinds that a newer version has stored have words that this one knows nothing of.
    await this.updateMany({ callId, sealedWords: { $ne: null } }, { $set: { sealedWords: null } });
  }

  /** Events that precede some of these in their calls and wait too: a batch is cut by ids, which clocks may mix up. */
  private async unsealedBefore(batch: readonly CallEventDocument[]): Promise<CallEventDocument[]> {
    const last = new Map<string, CallEventDocument>();
    for (const event of batch) {
      const key = event.callId.toHexString();
      if (event.sequence > (last.get(key)?.sequence ?? 0)) last.set(key, event);
    }
    if (last.size === 0) return [];
    const earlier = await this.find({
      position: null,
      _id: { $nin: batch.map(event => event._id) },
      $or: [...last.values()].map(({ callId, sequence }) => ({ callId, sequence: { $lt: sequence } })),
    });
    return earlier.map(soundEvent);
  }
}

const byTime = (a: CallEventDocument, b: CallEventDocument): number =>
  a.occurredAt.getTime() - b.occurredAt.getTime() || a.sequence - b.sequence;

const visibilityFilter = ({ ownerId, callId }: EventVisibility): ScopedFilter<CallEventDocument> => ({
  ...(callId ? { callId } : {}),
  ...(ownerId ? { ownerId } : {}),
});

/** Whether an event may be heard, the same rule as the query's filter. */
export function isVisible(event: CallEventDocument, { ownerId, callId }: EventVisibility): boolean {
  return (
    (!callId || callId.equals(event.callId)) &&
    (!ownerId || (event.ownerId !== null && ownerId.equals(event.ownerId)))
  );
}

/** Clocks of several processes may differ: time orders calls among each other, sequence always wins within a call. */
function inSealedOrder(events: readonly CallEventDocument[]): CallEventDocument[] {
  const bySequence = new Map<string, CallEventDocument[]>();
  for (const event of events) {
    const key = event.callId.toHexString();
    bySequence.set(
      key,
      [...(bySequence.get(key) ?? []), event].sort((a, b) => a.sequence - b.sequence),
    );
  }
  return events.map(event => bySequence.get(event.callId.toHexString())?.shift() ?? event);
}
