import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Model, PipelineStage } from 'mongoose';
import { CALL_STATUSES, type CallStatus } from '../../events/call-event.schema.js';
import type { ObjectId } from '../../mongo/object-id.js';
import type { PageQuery } from '../../pagination/connection.js';
import { type NewDocument, type ScopedFilter, TenantRepository } from '../../tenancy/tenant-repository.js';
import { isOver } from './call-status.js';
import { LONG_CALL_FIELDS, type LongCallField } from './call.model.js';
import { type CallDocument, CALLS } from './call.schema.js';
import { metadataPairs } from './new-call.js';
import { MADE_OTHERWISE, queryTermsOf } from './search-terms.js';

/** How long a pipeline may run: the database itself ends it, before its silence would be taken for an outage. */
const MOST_ANALYSIS_MS = 4000;

/** Calls with their long fields that are decoded in one turn of the event loop: up to 100 KB each. */
const LONG_CALLS_AT_A_TIME = 20;

/** Which calls are wanted. Deleted calls never are. */
export interface CallCriteria {
  readonly createdById?: ObjectId | undefined;
  readonly statuses?: readonly CallStatus[] | undefined;
  readonly agentId?: ObjectId | undefined;
  readonly createdAfter?: Date | undefined;
  readonly createdBefore?: Date | undefined;
  readonly search?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

@Injectable()
export class CallsRepository extends TenantRepository<CallDocument> {
  constructor(@Inject(CALLS.token) model: Model<CallDocument>) {
    super(model);
  }

  /** A call that is not deleted. */
  findById(id: ObjectId): Promise<CallDocument | null> {
    return this.findOne({ _id: id, deletedAt: null });
  }

  /** A call, or what is left of a deleted one. */
  findEvenDeleted(id: ObjectId): Promise<CallDocument | null> {
    return this.findOne({ _id: id });
  }

  findByIds(ids: readonly ObjectId[]): Promise<CallDocument[]> {
    return this.find({ _id: { $in: [...ids] }, deletedAt: null });
  }

  /** Which of these calls exist, in hex; what is left of a deleted one counts too. */
  async idsAmong(ids: readonly ObjectId[]): Promise<ReadonlySet<string>> {
    const calls = await this.find({ _id: { $in: [...ids] } }, { projection: { _id: 1 } });
    return new Set(calls.map(call => call._id.toHexString()));
  }

  /** Calls that are over and have had no event since a time, longest silent first; none of those that are held. */
  async idsOfSilent(since: Date, heldUsers: readonly ObjectId[], limit: number): Promise<ObjectId[]> {
    const options = { sort: { lastEventAt: 1 as const }, limit, projection: { _id: 1 as const } };
    const held = heldUsers.length > 0 ? { createdById: { $nin: [...heldUsers] } } : {};
    return (await this.find({ $and: [silentSince(since), held] }, options)).map(call => call._id);
  }

  /** Removes such a call; false when it is none (any more). */
  async removeSilent(id: ObjectId, since: Date): Promise<boolean> {
    return (await this.deleteMany({ $and: [{ _id: id }, silentSince(since)] })) === 1;
  }

  /** Calls of one creator that still have their content, at most `limit`. */
  withContentOf(createdById: ObjectId, limit: number): Promise<CallDocument[]> {
    return this.find({ createdById, deletedAt: null, erasedAt: null }, { limit });
  }

  /** How many calls of one creator were erased here and are not gone at the provider yet. */
  countErasing(createdById: ObjectId): Promise<number> {
    return this.count({ createdById, erasedAt: { $ne: null }, 'settlement.deletion': false });
  }

  countErasedOf(createdById: ObjectId): Promise<number> {
    return this.count({ createdById, erasedAt: { $ne: null } });
  }

  /** Calls of the whole tenant that nobody has told to end yet, at most `limit`. */
  toEnd(limit: number): Promise<CallDocument[]> {
    return this.find(
      { status: { $in: CALL_STATUSES.filter(status => !isOver(status)) }, endRequestedAt: null },
      { limit },
    );
  }

  /** Calls of the whole tenant that are over and still there, at most `limit`. */
  toDelete(limit: number): Promise<CallDocument[]> {
    return this.find(
      { status: { $in: CALL_STATUSES.filter(isOver) }, deletedAt: null, erasedAt: null },
      { limit },
    );
  }

  /** How many calls of the whole tenant may still be known to the provider. */
  countUndeleted(): Promise<number> {
    return this.count({ 'settlement.deletion': false });
  }

  findByIdempotencyKey(owner: string, key: string): Promise<CallDocument | null> {
    return this.findOne({ 'idempotency.owner': owner, 'idempotency.key': key });
  }

  /**
   * Looks at a call until `isEnough` holds, for `patienceMs` at most, and returns it as it is then; null when there
   * is none. Another process may be the one that works on it, so looking is all that helps, ever more rarely.
   */
  async waitFor(
    id: ObjectId,
    isEnough: (call: CallDocument) => boolean,
    patienceMs: number,
  ): Promise<CallDocument | null> {
    const deadline = performance.now() + patienceMs;
    for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 1.5, 200)) {
      const call = await this.findEvenDeleted(id);
      if (!call || isEnough(call) || performance.now() > deadline) return call;
      await sleep(pauseMs);
    }
  }

  /** Stores a new call. @throws a duplicate-key error when its idempotency key is taken. */
  add(call: NewDocument<CallDocument>): Promise<CallDocument> {
    return this.insert(call);
  }

  /** Changes a call as it was read; null when it has had another event meanwhile. */
  change(call: CallDocument, patch: Partial<CallDocument>): Promise<CallDocument | null> {
    return this.updateOne({ _id: call._id, sequence: call.sequence }, { $set: patch });
  }

  /**
   * A page of calls, without what is stored for finding and making them alone: it may be larger than all the rest.
   * @param without long fields that are not needed either; the documents lack them.
   */
  page(
    { range, sort, limit }: PageQuery,
    criteria: CallCriteria,
    without: readonly LongCallField[] = [],
  ): Promise<CallDocument[]> {
    const projection = Object.fromEntries(
      ['words', 'metadataPairs', 'variables', ...without].map(field => [field, 0 as const]),
    );
    const batchSize = without.length < LONG_CALL_FIELDS.length ? LONG_CALLS_AT_A_TIME : limit;
    return this.find({ $and: [callFilter(criteria), range] }, { sort, limit, projection, batchSize });
  }

  countMatching(criteria: CallCriteria): Promise<number> {
    return this.count(callFilter(criteria));
  }

  /** How many calls are at the provider now. */
  countAtProvider(): Promise<number> {
    return this.count(AT_PROVIDER);
  }

  /** The phone calls that are at the provider now, with what tells where they lead. */
  phoneCallsAtProvider(): Promise<
    Pick<CallDocument, 'phoneNumber' | 'joinedAt' | 'isSimulated' | 'provider'>[]
  > {
    const filter = { ...AT_PROVIDER, medium: 'PHONE' } as ScopedFilter<CallDocument>;
    return this.find(filter, {
      projection: { phoneNumber: 1, joinedAt: 1, isSimulated: 1, 'provider.isOwnKey': 1 },
    });
  }

  /** The calls that are at the provider now and were made there at some time or later. */
  atProviderSince(since: Date): Promise<Pick<CallDocument, 'joinedAt'>[]> {
    const filter = { ...AT_PROVIDER, 'provider.createdAt': { $gte: since } } as ScopedFilter<CallDocument>;
    return this.find(filter, { projection: { joinedAt: 1 } });
  }

  /** Calls whose terms another tokenizer has made, by id, behind an id; of a time on, where one is given. */
  withOtherTerms(after: ObjectId | null, since: Date | null, limit: number): Promise<CallDocument[]> {
    return this.find(
      {
        ...(after ? { _id: { $gt: after } } : {}),
        ...(since ? { lastEventAt: { $gte: since } } : {}),
        words: MADE_OTHERWISE,
        deletedAt: null,
        erasedAt: null,
      },
      { sort: { _id: 1 }, limit, projection: { summary: 1, sequence: 1 } },
    );
  }

  /** Replaces the terms of a call as it was read; false when it has had another event meanwhile. */
  async replaceTerms(
    { _id, sequence }: Pick<CallDocument, '_id' | 'sequence'>,
    words: string[],
  ): Promise<boolean> {
    return (await this.updateOne({ _id, sequence, words: MADE_OTHERWISE }, { $set: { words } })) !== null;
  }

  /** Runs an analytical pipeline over calls that are not deleted, for four seconds at most. */
  analyse<R>(criteria: CallCriteria, stages: PipelineStage[]): Promise<R[]> {
    return this.aggregate<R>([{ $match: callFilter(criteria) }, ...stages], { maxTimeMS: MOST_ANALYSIS_MS });
  }
}

/** A call that the user has deleted stays until it is gone at the provider too: only the call knows that. */
const silentSince = (since: Date): ScopedFilter<CallDocument> => ({
  status: { $in: CALL_STATUSES.filter(isOver) },
  lastEventAt: { $lt: since },
  $or: [{ deletedAt: null, erasedAt: null }, { 'settlement.deletion': true }],
});

const AT_PROVIDER = { status: { $in: ['RINGING', 'IN_PROGRESS'] } } as ScopedFilter<CallDocument>;

/** The filter of a list; each part of it is served by an index or narrows what an index has found. */
export function callFilter(criteria: CallCriteria): ScopedFilter<CallDocument> {
  const { createdById, statuses, agentId, createdAfter, createdBefore, search, metadata } = criteria;
  const words = search === undefined ? [] : queryTermsOf(search);
  const pairs = metadataPairs(metadata ?? {});
  return {
    deletedAt: null,
    ...(createdById ? { createdById } : {}),
    ...(statuses ? { status: { $in: [...new Set(statuses)] } } : {}),
    ...(agentId ? { agentId } : {}),
    ...(createdAfter || createdBefore
      ? {
          createdAt: {
            ...(createdAfter ? { $gte: createdAfter } : {}),
            ...(createdBefore ? { $lt: createdBefore } : {}),
          },
        }
      : {}),
    ...(search === undefined ? {} : words.length > 0 ? { words: { $all: words } } : { _id: { $in: [] } }),
    ...(pairs.length > 0 ? { metadataPairs: { $all: pairs } } : {}),
  };
}
