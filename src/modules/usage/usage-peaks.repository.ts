import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import { isDuplicateKey } from '../../mongo/duplicate-key.js';
import { type ScopedUpdate, TenantRepository } from '../../tenancy/tenant-repository.js';
import { USAGE_PEAKS, type UsagePeakDocument } from './usage-peak.schema.js';

@Injectable()
export class UsagePeaksRepository extends TenantRepository<UsagePeakDocument> {
  constructor(@Inject(USAGE_PEAKS.token) model: Model<UsagePeakDocument>) {
    super(model);
  }

  /** Raises a month's peak to at least so many. */
  async raise(month: string, concurrentCalls: number): Promise<void> {
    const raise = { $max: { concurrentCalls } } as ScopedUpdate<UsagePeakDocument>;
    try {
      await this.updateOne({ month }, raise, { upsert: true });
    } catch (error) {
      // Another call of the month's first moment was faster: now there is one to raise.
      if (!isDuplicateKey(error)) throw error;
      await this.updateOne({ month }, raise);
    }
  }

  async of(month: string): Promise<number> {
    return (await this.findOne({ month }))?.concurrentCalls ?? 0;
  }
}
