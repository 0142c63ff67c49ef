import { Injectable } from '@nestjs/common';
import { StoreClock } from '../../mongo/store-clock.js';
import { UsageLedger } from '../usage/usage-ledger.service.js';
import { startOf } from '../usage/usage-month.js';
import { BILLING_STEP_SECONDS } from './call-bill.js';
import { CallsRepository } from './calls.repository.js';

/** What a month's calls use that are not over yet, and so stand in no ledger. */
export interface RunningUse {
  readonly calls: number;
  /** From the joins until now. */
  readonly callSeconds: number;
  /** The same, and of each call at least one step of the bill, joined or not. */
  readonly reservedSeconds: number;
}

/** The tenant's calls that are at the provider now. */
@Injectable()
export class RunningCallsService {
  constructor(
    private readonly calls: CallsRepository,
    private readonly ledger: UsageLedger,
    private readonly clock: StoreClock,
  ) {}

  /** @param month YYYY-MM, UTC, in which the provider made them. */
  async of(month: string): Promise<RunningUse> {
    const now = this.clock.now();
    const calls = await this.calls.atProviderSince(startOf(month));
    const elapsed = calls.map(({ joinedAt }) =>
      joinedAt ? Math.max(0, now.getTime() - joinedAt.getTime()) / 1000 : 0,
    );
    const sum = (seconds: readonly number[]) => seconds.reduce((total, each) => total + each, 0);
    return {
      calls: calls.length,
      callSeconds: sum(elapsed),
      reservedSeconds: sum(elapsed.map(seconds => Math.max(seconds, BILLING_STEP_SECONDS))),
    };
  }

  /** Notes how many there are, right after one more has come to the provider: of several the last one sees all. */
  async notePeak(): Promise<void> {
    await this.ledger.notePeak(await this.calls.countAtProvider(), this.clock.now());
  }
}
