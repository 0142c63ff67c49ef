import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import { StoreClock } from '../mongo/store-clock.js';
import type { ObjectId } from '../mongo/object-id.js';
import { SystemAccess } from '../tenancy/system-access.js';
import { type JobDocument, type JobKind, JOBS } from './job.schema.js';

/** How many jobs of a kind fail at present, and how many of them are parked. */
export interface FailingCount {
  readonly kind: JobKind;
  readonly failing: number;
  readonly parked: number;
}

/** The jobs that fail, for the operator: those that are tried again with growing pauses, and those that are parked. */
@Injectable()
export class FailingJobs {
  constructor(
    @Inject(JOBS.token) private readonly model: Model<JobDocument>,
    private readonly system: SystemAccess,
    private readonly clock: StoreClock,
  ) {}

  /** Those that have failed most often come first, at most `limit`. */
  list(limit: number): Promise<JobDocument[]> {
    return this.system.run('work.claim', () =>
      this.model
        .find({ failures: { $gt: 0 } })
        .sort({ failures: -1 })
        .limit(limit)
        .lean()
        .exec(),
    );
  }

  /** Counts them by kind. */
  counts(): Promise<FailingCount[]> {
    return this.system.run('health.check', () =>
      this.model
        .aggregate<FailingCount>([
          { $match: { failures: { $gt: 0 } } },
          {
            $group: {
              _id: '$kind',
              failing: { $sum: 1 },
              parked: { $sum: { $cond: [{ $ifNull: ['$parkedAt', false] }, 1, 0] } },
            },
          },
          { $project: { _id: 0, kind: '$_id', failing: 1, parked: 1 } },
        ])
        .exec(),
    );
  }

  /**
   * Makes failing jobs due now, parked ones too; what they have failed so far is kept until they succeed.
   * @param id one of them; null: all.
   * @returns how many there were.
   */
  async retry(id: ObjectId | null): Promise<number> {
    const filter = { ...(id && { _id: id }), failures: { $gt: 0 } };
    // The time of the first failure goes: a job that is tried on the operator's word has a day again.
    const now = this.clock.now();
    const update = { $set: { dueAt: now, parkedAt: null, failingSince: now }, $inc: { wakes: 1 } };
    const result = await this.system.run('work.schedule', () => this.model.updateMany(filter, update).exec());
    return result.matchedCount;
  }
}
