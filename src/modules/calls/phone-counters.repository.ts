import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import { type ScopedUpdate, TenantRepository } from '../../tenancy/tenant-repository.js';
import { PHONE_COUNTERS, type PhoneCounterDocument } from './phone-counter.schema.js';

/** How long a counter is kept, so that late bills find it. */
const KEPT_MS = 3 * 86_400_000;

/** What is added to a counter. */
type Amount = Partial<Pick<PhoneCounterDocument, 'calls' | 'billedSeconds'>>;

@Injectable()
export class PhoneCountersRepository extends TenantRepository<PhoneCounterDocument> {
  constructor(@Inject(PHONE_COUNTERS.token) model: Model<PhoneCounterDocument>) {
    super(model);
  }

  /** The counters of a window by their subjects; those at zero may be missing. */
  async of(subjects: readonly string[], window: string): Promise<ReadonlyMap<string, PhoneCounterDocument>> {
    const counters = await this.find({ subject: { $in: [...subjects] }, window });
    return new Map(counters.map(counter => [counter.subject, counter]));
  }

  /** Adds to a counter, in the running transaction, which two that add at once have to take in turn; returns its state then. */
  async add(subject: string, window: string, amount: Amount, now: Date): Promise<PhoneCounterDocument> {
    const update = {
      $inc: amount,
      $setOnInsert: { expiresAt: new Date(now.getTime() + KEPT_MS) },
    } as ScopedUpdate<PhoneCounterDocument>;
    const counter = await this.updateOne({ subject, window }, update, { upsert: true });
    if (!counter) throw new Error('An upsert returns what it has stored');
    return counter;
  }
}
