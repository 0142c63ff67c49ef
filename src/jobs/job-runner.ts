import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { StoreClock } from '../mongo/store-clock.js';
import type { ObjectId } from '../mongo/object-id.js';
import { repeat, type Repeating } from '../repeat/repeat.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import { jobScope } from '../tenancy/tenant-scope.js';
import type { JobDocument, JobKind } from './job.schema.js';
import { Jobs, LEASE_MS } from './jobs.js';

/** Looks after one thing, inside its tenant. Returns when to look again by {@link StoreClock}, or null once it is settled. */
export type JobHandler = (id: ObjectId) => Promise<Date | null>;

/** Jobs that one process works on at a time. */
const AT_ONCE = 50;
/** How long a stopping process waits for the jobs in hand: a provider or a database that is away must not hold it. */
const STOP_WITHIN_MS = 8000;
/** When a job is tried again after an unexpected failure. */
const RETRY_MS = 2000;

/** Works on due jobs. Every process runs one; leases see to it that each job is in one hand at a time. */
@Injectable()
export class JobRunner implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Jobs');
  private readonly handlers = new Map<JobKind, JobHandler>();
  private readonly active = new Map<string, Promise<boolean>>();
  private repeating: Repeating | null = null;
  private isStopping = false;

  constructor(
    private readonly jobs: Jobs,
    private readonly runner: TenantRunner,
    private readonly clock: StoreClock,
  ) {}

  /** Says who works on a kind of job; done once at start. */
  handle(kind: JobKind, handler: JobHandler): void {
    this.handlers.set(kind, handler);
  }

  onApplicationBootstrap(): void {
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
    const room = AT_ONCE - this.active.size;
    if (room <= 0 || this.isStopping) return;
    const due = await this.jobs.due(room);
    const runs = due.map(job => this.runNow(job._id));
    if (due.length === room)
      void Promise.race(runs)
        .then(() => this.lookForDue())
        .catch(() => undefined);
  }

  /**
   * Works on a job at once, unless somebody does already, and again as long as it is woken meanwhile. Resolves when
   * that is over, with whether it was done in this process; never rejects.
   */
  runNow(id: ObjectId): Promise<boolean> {
    const key = id.toHexString();
    const running = this.active.get(key);
    if (running || this.isStopping) return running ?? Promise.resolve(false);
    const run = this.runWhileWoken(id)
      .catch((error: unknown) => {
        this.logger.warn(`Job ${key} failed: ${(error as Error).message}`);
        return false;
      })
      .finally(() => this.active.delete(key));
    this.active.set(key, run);
    return run;
  }

  private async runWhileWoken(id: ObjectId): Promise<boolean> {
    let outcome = await this.claimAndRun(id);
    while (outcome === 'woken' && !this.isStopping) outcome = await this.claimAndRun(id);
    return outcome !== 'not-ours';
  }

  private async claimAndRun(id: ObjectId): Promise<'done' | 'woken' | 'not-ours'> {
    const job = await this.jobs.claim(id);
    const handler = job && this.handlers.get(job.kind);
    if (!handler) return 'not-ours';
    const renewal = setInterval(() => {
      this.jobs.renew(job).catch(() => undefined);
    }, LEASE_MS / 3);
    try {
      const dueAt = await this.runner.run(jobScope(job.tenantId, `${job.kind} job`), () => handler(job._id));
      return (await this.jobs.release(job, dueAt)) ? 'woken' : 'done';
    } catch (error) {
      this.logger.error(`Job ${id.toHexString()} failed`, (error as Error).stack);
      await this.putOff(job);
      return 'done';
    } finally {
      clearInterval(renewal);
    }
  }

  private async putOff(job: JobDocument): Promise<void> {
    await this.jobs.release(job, this.clock.in(RETRY_MS)).catch(() => undefined);
  }
}
