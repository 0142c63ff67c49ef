import { Injectable } from '@nestjs/common';
import { StoreClock } from '../../mongo/store-clock.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import { RunningCallsService } from '../calls/running-calls.service.js';
import { UsageLedger } from './usage-ledger.service.js';
import { monthOf } from './usage-month.js';
import type { UsageModel } from './usage.model.js';

/** Reads what the tenant has used. */
@Injectable()
export class UsageService {
  constructor(
    private readonly ledger: UsageLedger,
    private readonly running: RunningCallsService,
    private readonly tenants: TenantDirectory,
    private readonly context: TenantContext,
    private readonly clock: StoreClock,
  ) {}

  /** @param given YYYY-MM; null: the present month. */
  async of(given: string | null): Promise<UsageModel> {
    const month = given ?? monthOf(this.clock.now());
    // The ledger last: a call that ends meanwhile may count twice for a moment, but is never missing.
    const running = await this.running.of(month);
    const [over, peak, tenant] = [
      await this.ledger.sumOf(month),
      await this.ledger.peakOf(month),
      await this.tenants.recent({ id: this.context.tenant.id }),
    ];
    return {
      month,
      calls: over.calls + running.calls,
      callMinutes: (over.callSeconds + running.callSeconds) / 60,
      billedMinutes: over.billedSeconds / 60,
      limitMinutes: tenant?.limits.monthlyCallMinutes ?? null,
      peakConcurrentCalls: Math.max(peak, running.calls),
    };
  }
}
