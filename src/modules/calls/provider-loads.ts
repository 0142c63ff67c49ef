import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import type { ObjectId } from '../../mongo/object-id.js';
import { SystemAccess } from '../../tenancy/system-access.js';
import type { Turns } from './fair-turns.js';
import { PROVIDER_LOADS, type ProviderLoadDocument } from './provider-load.schema.js';

/** How loaded the provider's accounts are, as all processes share it. */
@Injectable()
export class ProviderLoads {
  constructor(
    @Inject(PROVIDER_LOADS.token) private readonly model: Model<ProviderLoadDocument>,
    private readonly system: SystemAccess,
  ) {}

  async read(accountId: ObjectId): Promise<ProviderLoadDocument> {
    const known = await this.system.run('work.claim', () =>
      this.model.findOne({ _id: accountId }).lean().exec(),
    );
    const nothing = { turns: { now: 0, of: {} }, limit: null, askedAt: null, pausedUntil: null };
    return { _id: accountId, ...nothing, ...known };
  }

  keepTurns(accountId: ObjectId, turns: Turns): Promise<void> {
    return this.write(accountId, { $set: { turns } });
  }

  /** Lets no new call out before that moment; an earlier one changes nothing. */
  pause(accountId: ObjectId, until: Date): Promise<void> {
    return this.write(accountId, { $max: { pausedUntil: until } });
  }

  /** Notes what the account has said of its limit; null: it has none. */
  limit(accountId: ObjectId, limit: number | null, askedAt: Date): Promise<void> {
    return this.write(accountId, { $set: { limit, askedAt } });
  }

  /** Lowers a known limit; where none is known nothing changes. */
  async lower(accountId: ObjectId, limit: number): Promise<void> {
    await this.system.run('work.claim', () =>
      this.model.updateOne({ _id: accountId, limit: { $gt: limit } }, { $set: { limit } }).exec(),
    );
  }

  /** Forgets whose turn a tenant's is, and returns how many accounts have known. */
  async forgetTurnsOf(tenantId: ObjectId): Promise<number> {
    const turn = `turns.of.${tenantId.toHexString()}`;
    const result = await this.system.run('work.claim', () =>
      this.model.updateMany({ [turn]: { $exists: true } }, { $unset: { [turn]: 1 } }).exec(),
    );
    return result.modifiedCount;
  }

  private async write(accountId: ObjectId, update: object): Promise<void> {
    await this.system.run('work.claim', () =>
      this.model.updateOne({ _id: accountId }, update, { upsert: true }).exec(),
    );
  }
}
