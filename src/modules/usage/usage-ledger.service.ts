import { Injectable } from '@nestjs/common';
import { StoreClock } from '../../mongo/store-clock.js';
import { newObjectId, type ObjectId } from '../../mongo/object-id.js';
import type { UsageKind } from './usage-entry.schema.js';
import { UsageEntriesRepository, type UsageDay, type UsageSum } from './usage-entries.repository.js';
import { dayOf, monthOf } from './usage-month.js';
import { UsagePeaksRepository } from './usage-peaks.repository.js';

/** How a call stands in the ledger: the sum of its entries, and what the last one stood on. */
export interface BookedUsage {
  readonly entries: number;
  readonly kind: UsageKind;
  readonly callSeconds: number;
  readonly billedSeconds: number;
}

/** Something to be booked: how the call stands afterwards. */
export type Booking = Omit<BookedUsage, 'entries'>;

/** What is booked, and on which account. */
export interface BookedCall {
  readonly callId: ObjectId;
  /** When the provider made the call: it counts for that month. */
  readonly madeAt: Date;
  readonly accountId: ObjectId;
}

/** The tenant's use of calls: an append-only ledger, and the peak of each month. */
@Injectable()
export class UsageLedger {
  constructor(
    private readonly entries: UsageEntriesRepository,
    private readonly peaks: UsagePeaksRepository,
    private readonly clock: StoreClock,
  ) {}

  /**
   * Books what became of a call, in the running transaction. `before` is how it stood in the ledger until then: each
   * entry holds the difference.
   */
  async book(call: BookedCall, before: BookedUsage | null, bookings: readonly Booking[]): Promise<void> {
    const { callId, madeAt, accountId } = call;
    const recordedAt = this.clock.now();
    let last = { entries: before?.entries ?? 0, ...amountsOf(before) };
    const entries = bookings.map(({ kind, callSeconds, billedSeconds }) => {
      const entry = {
        _id: newObjectId(),
        callId,
        ordinal: last.entries + 1,
        kind,
        month: monthOf(madeAt),
        day: dayOf(madeAt),
        accountId,
        calls: last.entries === 0 ? 1 : 0,
        callSeconds: callSeconds - last.callSeconds,
        billedSeconds: billedSeconds - last.billedSeconds,
        recordedAt,
      };
      last = { entries: entry.ordinal, callSeconds, billedSeconds };
      return entry;
    });
    await this.entries.add(entries);
  }

  /** A month's use, as far as calls are over. */
  sumOf(month: string): Promise<UsageSum> {
    return this.entries.sumOf(month);
  }

  /** The same by day and account of the provider. */
  daysOf(month: string): Promise<UsageDay[]> {
    return this.entries.days(month);
  }

  /** Notes that there are so many calls at the provider now. */
  notePeak(concurrentCalls: number, now: Date): Promise<void> {
    return this.peaks.raise(monthOf(now), concurrentCalls);
  }

  peakOf(month: string): Promise<number> {
    return this.peaks.of(month);
  }
}

const amountsOf = (booked: BookedUsage | null) => ({
  callSeconds: booked?.callSeconds ?? 0,
  billedSeconds: booked?.billedSeconds ?? 0,
});
