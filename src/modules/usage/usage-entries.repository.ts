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
  readonly calls: number;
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
          _id: { accountId: '$accountId', day: '$day' },
          calls: { $sum: '$calls' },
          billedSeconds: { $sum: '$billedSeconds' },
        },
      },
      { $project: { _id: 0, accountId: '$_id.accountId', day: '$_id.day', calls: 1, billedSeconds: 1 } },
    ]);
  }
}
