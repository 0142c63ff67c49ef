import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { StoreClock } from '../mongo/store-clock.js';
import type { ObjectId } from '../mongo/object-id.js';
import { isOutage } from '../errors/client-error.js';
import { Metrics } from '../telemetry/metrics.js';
import { repeat, type Repeating } from '../repeat/repeat.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import { jobScope } from '../tenancy/tenant-scope.js';
import { type JobBounds, JobLane } from './job-lane.js';
import type { JobDocument, JobKind } from './job.schema.js';
import { ClockKeeper } from './clock-keeper.js';
import { isToBeParked, outagePauseMs, retryPauseMs } from './job-retries.js';
import { Jobs, LEASE_MS } from './jobs.js';

/** The place that a job has in a lane while it runs. */
export interface JobSeat {
  /** Gives the place back for one in the lane of another kind, beyond that lane's bounds where it has no room. */
  moveTo(kind: JobKind): void;
}

/** Looks after one thing, inside its tenant. Returns when to look again by {@link StoreClock}, or null once it is settled. */
export type JobHandler = (id: ObjectId, seat: JobSeat) => Promise<Date | null>;

/** The bounds of jobs whose kind has none of its own. */
const COMMON: JobBounds = { atOnce: 50, ofTenant: 50 };
/** How long a stopping process waits for the jobs in hand: a provider or a database that is away must not hold it. */
const STOP_WITHIN_MS = 8000;

/** Works on due jobs. Every process runs one; leases see to it that each job is in one hand at a time. */
@Injectable()
export class JobRunner implements OnApplicationShutdown {
  private readonly logger = new Logger('Jobs');
  private readonly handlers = new Map<JobKind, JobHandler>();
  private readonly active = new Map<string, Promise<boolean>>();
  private readonly common = new JobLane(COMMON);
  private readonly lanes = [this.common];
  private repeating: Repeating | null = null;
  private isStopping = false;

  constructor(
    private readonly jobs: Jobs,
    private readonly runner: TenantRunner,
    private readonly clock: StoreClock,
    private readonly keeper: ClockKeeper,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Says who works on a kind of job; done once at start.
   * @param bounds for a kind whose jobs wait for strangers: with bounds of its own it holds up no other kind.
   */
  handle(kind: JobKind, handler: JobHandler, bounds?: JobBounds): void {
    this.handlers.set(kind, handler);
    const lane = bounds ? new JobLane(bounds) : this.common;
    lane.kinds.push(kind);
    if (bounds) this.lanes.push(lane);
  }

  /** Begins to look for due jobs. A server does; the operator's commands leave them to servers. */
  begin(): void {
    this.keeper.begin();
    this.repeating = repeat(
      250,
      () => this.lookForDue(),
      error => {
        this.logger.warn(`Could not look for due jobs: ${error.message}`);
      },
    );
  }

  /** Stops taking jobs and finishes those in hand, within 8 s; what is not finished falls to others when its lease ends. */
  async onApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await this.repeating?.stop();
    const waiting = new AbortController();
    const late = sleep(STOP_WITHIN_MS, undefined, { signal: waiting.signal }).catch(() => undefined);
    await Promise.race([Promise.allSettled(this.active.values()), late]);
    waiting.abort();
  }

  /** Works on everything that is due now; resolves when nothing is in hand any more, or after about `patienceMs`. */
  async workOff(patienceMs: number): Promise<void> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      await this.lookForDue();
      if (this.active.size === 0 || performance.now() > deadline) return;
      await Promise.race([Promise.allSettled(this.active.values()), sleep(patienceMs)]);
    }
  }

  /** Whether this process works on any job now. */
  get isBusy(): boolean {
    return this.active.size > 0;
  }

  /** Begins with due jobs, as many as there is room for. It is looked again as soon as there is room for more. */
  async lookForDue(): Promise<void> {
    for (const lane of this.lanes) if (lane.kinds.length > 0) await this.lookInto(lane);
  }

  private async lookInto(lane: JobLane): Promise<void> {
    const { room } = lane;
    if (room <= 0 || this.isStopping) return;
    const due = await this.jobs.due(lane.kinds, room, lane.fullTenants);
    const runs: Promise<boolean>[] = [];
    for (const { _id, tenantId } of due)
      if (lane.hasRoomFor(tenantId)) runs.push(this.start(_id, lane, tenantId));
    if (due.length === room && runs.length > 0)
      void Promise.race(runs)
        .then(() => this.lookInto(lane))
        .catch(() => undefined);
  }

  /**
   * Works on a job at once, unless somebody does already, and again as long as it is woken meanwhile. Resolves when
   * that is over, with whether it was done in this process; never rejects.
   */
  runNow(id: ObjectId): Promise<boolean> {
    return this.start(id, this.common, null);
  }

  /** Works on a job of a kind with bounds at once, if they allow it now; else it has its turn when it is due. */
  runIfRoom(kind: JobKind, tenantId: ObjectId, id: ObjectId): void {
    const lane = this.laneOf(kind);
    if (lane.hasRoomFor(tenantId)) void this.start(id, lane, tenantId);
  }

  private laneOf(kind: JobKind): JobLane {
    return this.lanes.find(({ kinds }) => kinds.includes(kind)) ?? this.common;
  }

  private start(id: ObjectId, lane: JobLane, tenantId: ObjectId | null): Promise<boolean> {
    const key = id.toHexString();
    const running = this.active.get(key);
    if (running || this.isStopping) return running ?? Promise.resolve(false);
    let leave = lane.enter(tenantId);
    const moveTo = (kind: JobKind) => {
      leave();
      leave = this.laneOf(kind).enter(tenantId);
    };
    const run = this.runWhileWoken(id, lane, { moveTo })
      .catch((error: unknown) => {
        this.logger.warn(`Job ${key} failed: ${(error as Error).message}`);
        return false;
      })
      .finally(() => {
        this.active.delete(key);
        leave();
      });
    this.active.set(key, run);
    return run;
  }

  /** Where places are few, a job that is woken again and again must not keep its own. */
  private async runWhileWoken(id: ObjectId, lane: JobLane, seat: JobSeat): Promise<boolean> {
    let outcome = await this.claimAndRun(id, lane, seat);
    while (outcome === 'woken' && lane === this.common && !this.isStopping)
      outcome = await this.claimAndRun(id, lane, seat);
    return outcome !== 'not-ours';
  }

  private async claimAndRun(
    id: ObjectId,
    lane: JobLane,
    seat: JobSeat,
  ): Promise<'done' | 'woken' | 'not-ours'> {
    const job = await this.jobs.claim(id);
    const handler = job && this.handlers.get(job.kind);
    if (!handler) return 'not-ours';
    if (!lane.kinds.includes(job.kind)) {
      // It has changed its kind since it was due: its own lane is to have it.
      await this.jobs.release(job, job.dueAt);
      return 'not-ours';
    }
    const renewal = setInterval(() => {
      this.jobs.renew(job).catch(() => undefined);
    }, LEASE_MS / 3);
    try {
      const scope = jobScope(job.tenantId, `${job.kind} job`);
      const dueAt = await this.runner.run(scope, () => handler(job._id, seat));
      return (await this.jobs.release(job, dueAt)) ? 'woken' : 'done';
    } catch (error) {
      await this.putOff(job, error as Error).catch(() => undefined);
      return 'done';
    } finally {
      clearInterval(renewal);
    }
  }

  /** An outage of the stores is not the job's failure: what waits for its end is tried again every 2 s. */
  private async putOff(job: JobDocument, error: Error): Promise<void> {
    const { _id, kind } = job;
    const isAway = isOutage(error);
    this.metrics.jobFailures.inc({ kind, reason: isAway ? 'outage' : 'fault' });
    if (isAway) {
      this.logger.warn(`Job ${_id.toHexString()} waits for a store: ${error.message}`);
      await this.jobs.putOff(job, this.clock.in(outagePauseMs()), null);
      return;
    }
    const now = this.clock.now();
    const failures = (job.failures ?? 0) + 1;
    const failingSince = job.failingSince ?? now;
    const isParked = isToBeParked(kind, failures, now.getTime() - failingSince.getTime());
    const what = isParked ? 'is parked, see `voho jobs list`' : 'is tried again later';
    this.logger.error(`Job ${_id.toHexString()} (${kind}) failed ${failures} times and ${what}`, error.stack);
    await this.jobs.putOff(job, this.clock.in(retryPauseMs(kind, failures)), {
      failures,
      failingSince,
      lastError: summaryOf(error),
      parkedAt: isParked ? now : null,
    });
  }
}

/** An error's name and code, without its message. */
function summaryOf(error: Error): string {
  const { name, code } = error as NodeJS.ErrnoException;
  return [name, code]
    .filter(part => part !== undefined)
    .join(' ')
    .slice(0, 80);
}
