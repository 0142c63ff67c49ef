import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import { StoreClock } from '../mongo/store-clock.js';
import { newObjectId, type ObjectId } from '../mongo/object-id.js';
import { SystemAccess } from '../tenancy/system-access.js';
import { JOB_KINDS, type JobDocument, type JobKind, JOBS } from './job.schema.js';

/** How long a lease counts without being renewed: a dead process holds a job up for no longer. */
export const LEASE_MS = 15_000;

/** How soon a job that fails is tried again when it was woken meanwhile. */
const WOKEN_PAUSE_MS = 2000;

/** What is kept of a job's failures. */
export type Failure = Required<Pick<JobDocument, 'failures' | 'failingSince' | 'lastError' | 'parkedAt'>>;

const NO_FAILURE: Failure = { failures: 0, failingSince: null, lastError: null, parkedAt: null };

/** The list of jobs, shared by all processes. */
@Injectable()
export class Jobs {
  constructor(
    @Inject(JOBS.token) private readonly model: Model<JobDocument>,
    private readonly system: SystemAccess,
    private readonly clock: StoreClock,
  ) {}

  /** Adds a job, due now, in the running transaction. */
  async add(kind: JobKind, tenantId: ObjectId | null, id: ObjectId): Promise<void> {
    const job = {
      _id: id,
      kind,
      tenantId,
      dueAt: this.clock.now(),
      wakes: 0,
      leaseId: null,
      leasedUntil: null,
    };
    await this.system.run('work.schedule', () => this.model.insertMany([job]));
  }

  /** Makes a job due now, adding it anew when it had been settled. */
  async wake(kind: JobKind, tenantId: ObjectId | null, id: ObjectId): Promise<void> {
    await this.system.run('work.schedule', () =>
      this.model
        .updateOne(
          { _id: id },
          { $set: { kind, tenantId, dueAt: this.clock.now(), parkedAt: null }, $inc: { wakes: 1 } },
          { upsert: true },
        )
        .exec(),
    );
  }

  /** Makes jobs due now, in the running transaction where there is one; those that are settled stay so. */
  async wakeAll(ids: readonly ObjectId[]): Promise<void> {
    await this.system.run('work.schedule', () =>
      this.model
        .updateMany(
          { _id: { $in: [...ids] } },
          { $set: { dueAt: this.clock.now(), parkedAt: null }, $inc: { wakes: 1 } },
        )
        .exec(),
    );
  }

  /** The jobs of some kinds that are due and that nobody works on, oldest first; none of the tenants left out. */
  due(kinds: readonly JobKind[], limit: number, without: readonly ObjectId[] = []): Promise<JobDocument[]> {
    const now = this.clock.now();
    return this.system.run('work.claim', () =>
      this.model
        .find({
          kind: { $in: [...kinds] },
          dueAt: { $lte: now },
          parkedAt: null,
          ...(without.length > 0 ? { tenantId: { $nin: [...without] } } : {}),
          $or: [{ leasedUntil: null }, { leasedUntil: { $lte: now } }],
        })
        .sort({ dueAt: 1 })
        .limit(limit)
        .lean()
        .exec(),
    );
  }

  /** When some job can be worked on next, if nothing happens until then; null when there is none. */
  async nextDueAt(): Promise<Date | null> {
    const firsts = await this.system.run('work.claim', () =>
      Promise.all(
        JOB_KINDS.map(kind => this.model.findOne({ kind, parkedAt: null }).sort({ dueAt: 1 }).lean().exec()),
      ),
    );
    const [first] = firsts.filter(job => job !== null).sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime());
    if (!first) return null;
    // Those in hand were due before all others; should their process be dead, their leases end by themselves.
    const { dueAt, leasedUntil } = first;
    return leasedUntil && leasedUntil > dueAt ? leasedUntil : dueAt;
  }

  /** Takes a job for this process; null when somebody else has it. */
  claim(id: ObjectId): Promise<JobDocument | null> {
    const now = this.clock.now();
    const lease = { leaseId: newObjectId(), leasedUntil: new Date(now.getTime() + LEASE_MS) };
    return this.system.run('work.claim', () =>
      this.model
        .findOneAndUpdate(
          { _id: id, $or: [{ leasedUntil: null }, { leasedUntil: { $lte: now } }] },
          { $set: lease },
          { returnDocument: 'after' },
        )
        .lean()
        .exec(),
    );
  }

  /** Keeps a lease alive; false when it was lost meanwhile. */
  async renew(job: JobDocument): Promise<boolean> {
    const leasedUntil = this.clock.in(LEASE_MS);
    const result = await this.system.run('work.claim', () =>
      this.model.updateOne({ _id: job._id, leaseId: job.leaseId }, { $set: { leasedUntil } }).exec(),
    );
    return result.matchedCount === 1;
  }

  /**
   * Gives a job back, due again at `dueAt`; or, with null, removes it. True when a wake meanwhile has kept it due now.
   */
  async release(job: JobDocument, dueAt: Date | null): Promise<boolean> {
    return this.system.run('work.claim', async () => {
      const untouched = { _id: job._id, leaseId: job.leaseId, wakes: job.wakes };
      const free = { leaseId: null, leasedUntil: null, ...(job.failures ? NO_FAILURE : {}) };
      const settled = dueAt
        ? (await this.model.updateOne(untouched, { $set: { ...free, dueAt } }).exec()).matchedCount
        : (await this.model.deleteOne(untouched).exec()).deletedCount;
      if (settled > 0) return false;
      const mine = { _id: job._id, leaseId: job.leaseId };
      return (await this.model.updateOne(mine, { $set: free }).exec()).matchedCount === 1;
    });
  }

  /**
   * Gives a job back that could not be worked on, due again at `dueAt`; sooner where it was woken meanwhile.
   * @param failure what is kept of it; null for an outage, which counts as none.
   */
  async putOff(job: JobDocument, dueAt: Date, failure: Failure | null): Promise<void> {
    const free = { leaseId: null, leasedUntil: null, ...failure };
    await this.system.run('work.claim', async () => {
      const mine = { _id: job._id, leaseId: job.leaseId };
      const untouched = { ...mine, wakes: job.wakes };
      const settled = await this.model.updateOne(untouched, { $set: { ...free, dueAt } }).exec();
      if (settled.matchedCount > 0) return;
      const soon = new Date(Math.min(dueAt.getTime(), this.clock.in(WOKEN_PAUSE_MS).getTime()));
      await this.model.updateOne(mine, { $set: { ...free, dueAt: soon, parkedAt: null } }).exec();
    });
  }
}
