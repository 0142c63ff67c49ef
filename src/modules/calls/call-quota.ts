import { Injectable } from '@nestjs/common';
import { DomainError } from '../../errors/domain-error.js';
import { StoreClock } from '../../mongo/store-clock.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import { UsageLedger } from '../usage/usage-ledger.service.js';
import { monthOf } from '../usage/usage-month.js';
import { BILLING_STEP_SECONDS } from './call-bill.js';
import { RunningCallsService } from './running-calls.service.js';

/** How many calls may begin while so much of a quota is left: each takes one step of the bill at the least. */
export const callsWithin = (seconds: number): number => Math.ceil(seconds / BILLING_STEP_SECONDS);

/**
 * A tenant's billed minutes of calls per calendar month (UTC): of calls that are over what is billed for them, or will be;
 * of those that still run the time until now.
 */
@Injectable()
export class CallQuota {
  constructor(
    private readonly ledger: UsageLedger,
    private readonly running: RunningCallsService,
    private readonly tenants: TenantDirectory,
    private readonly context: TenantContext,
    private readonly clock: StoreClock,
  ) {}

  /** @throws DomainError QUOTA_EXCEEDED once nothing is left of this month's minutes. */
  async assertNotUsedUp(): Promise<void> {
    if ((await this.remainingSeconds()) > 0) return;
    throw new DomainError('QUOTA_EXCEEDED', "This month's minutes of calls are used up.");
  }

  /** What is left of this month's minutes, in seconds; Infinity without a limit. */
  async remainingSeconds(): Promise<number> {
    const tenant = await this.tenants.recent({ id: this.context.tenant.id });
    const limit = tenant?.limits.monthlyCallMinutes ?? null;
    if (limit === null) return Infinity;
    const month = monthOf(this.clock.now());
    const [over, running] = [await this.ledger.sumOf(month), await this.running.of(month)];
    return limit * 60 - over.billedSeconds - running.reservedSeconds;
  }
}
