import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import type { ObjectId } from '../../mongo/object-id.js';
import { type NewDocument, TenantRepository } from '../../tenancy/tenant-repository.js';
import { USAGE_ENTRIES, type UsageEntryDocument } from './usage-entry.schema.js';

/** What adds up in the ledger. */
export interface UsageSum {
  readonly calls: number;
  readonly callSeconds: number;
  readonly billedSeconds: number;
}

/** The ledger of one day and account. */
export interface UsageDay {
  /** YYYY-MM-DD, UTC. */
  readonly day: string;
  readonly accountId: ObjectId;
  /** Calls that are over. */
  readonly calls: number;
  /** Those of them whose bill is still to come. */
  readonly unbilledCalls: number;
  /** Of all others. */
  readonly billedSeconds: number;
}

/** Entries are only ever added: there is no door for anything else. */
@Injectable()
export class UsageEntriesRepository extends TenantRepository<UsageEntryDocument> {
  constructor(@Inject(USAGE_ENTRIES.token) model: Model<UsageEntryDocument>) {
    super(model);
  }

  async add(entries: readonly NewDocument<UsageEntryDocument>[]): Promise<void> {
    await this.insertMany(entries);
  }

  /** A month, added up. */
  async sumOf(month: string): Promise<UsageSum> {
    const [sum] = await this.aggregate<UsageSum>([
      { $match: { month } },
      {
        $group: {
          _id: null,
          calls: { $sum: '$calls' },
          callSeconds: { $sum: '$callSeconds' },
          billedSeconds: { $sum: '$billedSeconds' },
        },
      },
    ]);
    return sum ?? { calls: 0, callSeconds: 0, billedSeconds: 0 };
  }

  /** A month by account and day. */
  days(month: string): Promise<UsageDay[]> {
    return this.aggregate<UsageDay>([
      { $match: { month } },
      {
        $group: {
          _id: '$callId',
          accountId: { $first: '$accountId' },
          day: { $first: '$day' },
          entries: { $sum: 1 },
          billedSeconds: { $sum: '$billedSeconds' },
        },
      },
      {
        $group: {
          _id: { accountId: '$accountId', day: '$day' },
          calls: { $sum: 1 },
          // An estimate is followed by the bill.
          unbilledCalls: { $sum: { $cond: [{ $eq: ['$entries', 1] }, 1, 0] } },
          billedSeconds: { $sum: { $cond: [{ $eq: ['$entries', 1] }, 0, '$billedSeconds'] } },
        },
      },
      { $replaceWith: { $mergeObjects: ['$_id', '$$ROOT'] } },
      { $unset: '_id' },
    ]);
  }
}
