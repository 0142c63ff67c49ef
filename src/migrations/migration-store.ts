import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import { isDuplicateKey } from '../mongo/duplicate-key.js';
import { newObjectId, type ObjectId } from '../mongo/object-id.js';
import { StoreClock } from '../mongo/store-clock.js';
import { SystemAccess } from '../tenancy/system-access.js';
import { LOCK_NAME, type MigrationDocument, MIGRATIONS } from './migration.schema.js';

/** How long the lock counts without being renewed: a dead process holds the others up for no longer. */
export const LOCK_MS = 15_000;

/** Which migrations this database has had, and the lock under which the next one is applied. */
@Injectable()
export class MigrationStore {
  constructor(
    @Inject(MIGRATIONS.token) private readonly model: Model<MigrationDocument>,
    private readonly system: SystemAccess,
    private readonly clock: StoreClock,
  ) {}

  /** The names of those that have been applied. */
  async applied(): Promise<ReadonlySet<string>> {
    const rows = await this.system.run('schema.migrate', () =>
      this.model
        .find({ name: { $ne: LOCK_NAME } })
        .lean()
        .exec(),
    );
    return new Set(rows.map(({ name }) => name));
  }

  /** Records that one has been applied. */
  async record(name: string): Promise<void> {
    await this.system.run('schema.migrate', () =>
      this.model
        .updateOne({ name }, { $setOnInsert: { appliedAt: this.clock.now() } }, { upsert: true })
        .exec(),
    );
  }

  /** Takes the lock; null while another process holds it. */
  async lock(): Promise<ObjectId | null> {
    const now = this.clock.now();
    const leaseId = newObjectId();
    const update = { $set: { leaseId, leasedUntil: this.clock.in(LOCK_MS) } };
    const free = { name: LOCK_NAME, $or: [{ leasedUntil: null }, { leasedUntil: { $lte: now } }] };
    try {
      await this.system.run('schema.migrate', () =>
        this.model.updateOne(free, update, { upsert: true }).exec(),
      );
      return leaseId;
    } catch (error) {
      // There is a lock already, and it is not free: the insert met its unique name.
      if (isDuplicateKey(error)) return null;
      throw error;
    }
  }

  /** Keeps the lock; false when it was lost. */
  async renew(leaseId: ObjectId): Promise<boolean> {
    const result = await this.system.run('schema.migrate', () =>
      this.model
        .updateOne({ name: LOCK_NAME, leaseId }, { $set: { leasedUntil: this.clock.in(LOCK_MS) } })
        .exec(),
    );
    return result.matchedCount === 1;
  }

  /** Gives the lock back. */
  async unlock(leaseId: ObjectId): Promise<void> {
    await this.system.run('schema.migrate', () =>
      this.model
        .updateOne({ name: LOCK_NAME, leaseId }, { $set: { leaseId: null, leasedUntil: null } })
        .exec(),
    );
  }
}
