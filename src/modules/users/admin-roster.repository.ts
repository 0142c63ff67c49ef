import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import { TenantRepository } from '../../tenancy/tenant-repository.js';
import { ADMIN_ROSTERS, type AdminRosterDocument } from './admin-roster.schema.js';

/**
 * Makes changes to a tenant's admins wait for each other. Without it two admins who demote each other at the same
 * time would each see the other one still there, in his own transaction, and the tenant would end up with none.
 */
@Injectable()
export class AdminRoster extends TenantRepository<AdminRosterDocument> {
  constructor(@Inject(ADMIN_ROSTERS.token) model: Model<AdminRosterDocument>) {
    super(model);
  }

  /** Makes the running transaction conflict with every other that holds the lock: one of them starts over. */
  async lock(): Promise<void> {
    await this.updateOne({}, { $inc: { changes: 1 } }, { upsert: true });
  }
}
