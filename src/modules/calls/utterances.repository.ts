import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import type { Utterance } from '../../events/call-event.schema.js';
import { newObjectId, type ObjectId } from '../../mongo/object-id.js';
import type { PageQuery } from '../../pagination/connection.js';
import { TenantRepository } from '../../tenancy/tenant-repository.js';
import { soundUtterance } from './sound-utterance.js';
import { type UtteranceDocument, UTTERANCES } from './utterance.schema.js';

@Injectable()
export class UtterancesRepository extends TenantRepository<UtteranceDocument> {
  constructor(@Inject(UTTERANCES.token) model: Model<UtteranceDocument>) {
    super(model);
  }

  async has(callId: ObjectId, ordinal: number): Promise<boolean> {
    return (await this.findOne({ callId, ordinal })) !== null;
  }

  async add(callId: ObjectId, utterance: Utterance): Promise<void> {
    await this.insert({ _id: newObjectId(), callId, ...utterance });
  }

  /** Puts the final transcript in the place of what was heard live. */
  async replaceAll(callId: ObjectId, utterances: readonly Utterance[]): Promise<void> {
    await this.deleteMany({ callId });
    await this.insertMany(utterances.map(utterance => ({ _id: newObjectId(), callId, ...utterance })));
  }

  async removeAll(callId: ObjectId): Promise<void> {
    await this.deleteMany({ callId });
  }

  async page(callId: ObjectId, query: PageQuery): Promise<UtteranceDocument[]> {
    const utterances = await this.find(
      { $and: [{ callId }, query.range] },
      {
        // An ordinal is unique in its call: with a tie-break by id the index would not give the order.
        sort: { ordinal: 1 },
        limit: query.limit,
      },
    );
    return utterances.map(soundUtterance);
  }

  /** What was said in a call, in order. */
  async textsOf(callId: ObjectId): Promise<string[]> {
    const utterances = await this.find({ callId }, { sort: { ordinal: 1 }, projection: { text: 1 } });
    return utterances.map(({ text }) => text);
  }

  countOf(callId: ObjectId): Promise<number> {
    return this.count({ callId });
  }
}
