import { Injectable } from '@nestjs/common';
import { DomainError } from '../../errors/domain-error.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import { CallsRepository } from './calls.repository.js';

/** A tenant's minutes of calls per calendar month (UTC). */
@Injectable()
export class CallQuota {
  constructor(
    private readonly calls: CallsRepository,
    private readonly tenants: TenantDirectory,
    private readonly context: TenantContext,
  ) {}

  /** @throws DomainError QUOTA_EXCEEDED once the minutes of this month's ended calls reach the limit. */
  async assertNotUsedUp(now = new Date()): Promise<void> {
    const limit = (await this.tenants.findById(this.context.tenant.id))?.limits.monthlyCallMinutes ?? null;
    if (limit !== null && (await this.minutesOfMonth(now)) >= limit) {
      throw new DomainError('QUOTA_EXCEEDED', `This month's ${limit} minutes of calls are used up.`);
    }
  }

  private async minutesOfMonth(now: Date): Promise<number> {
    const createdAfter = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
    const [row] = await this.calls.analyse<{ milliseconds: number }>({ createdAfter }, [
      { $match: { joinedAt: { $ne: null }, endedAt: { $ne: null } } },
      { $group: { _id: null, milliseconds: { $sum: { $subtract: ['$endedAt', '$joinedAt'] } } } },
    ]);
    return (row?.milliseconds ?? 0) / 60_000;
  }
}
