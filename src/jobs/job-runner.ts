import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { ObjectId } from '../mongo/object-id.js';
import { repeat, type Repeating } from '../repeat/repeat.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import { jobScope } from '../tenancy/tenant-scope.js';
import type { JobDocument, JobKind } from './job.schema.js';
import { Jobs, LEASE_MS } from './jobs.js';

/** Looks after one thing, inside its tenant. Returns when to look again, or null once it is settled. */
export type JobHandler = (id: ObjectId) => Promise<Date | null>;

/** Jobs that one process works on at a time. */
const AT_ONCE = 50;
/** When a job is tried again after an unexpected failure. */
const RETRY_MS = 2000;

/** Works on due jobs. Every process runs one; leases see to it that each job is in one hand at a time. */
@Injectable()
export class JobRunner implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Jobs');
  private readonly handlers = new Map<JobKind, JobHandler>();
  private readonly active = new Map<string, Promise<void>>();
  private repeating: Repeating | null = null;
  private isStopping = false;

  constructor(
    private readonly jobs: Jobs,
    private readonly runner: TenantRunner,
  ) {}

  /** Says who works on a kind of job; done once at start. */
  handle(kind: JobKind, handler: JobHandler): void {
    this.handlers.set(kind, handler);
  }

  onApplicationBootstrap(): void {
    this.repeating = repeat(
      250,
      () => this.runDue(),
      error => {
        this.logger.warn(`Could not look for due jobs: ${error.message}`);
      },
    );
  }

  /** Stops taking jobs and finishes those in hand; what is not finished falls to others when its lease ends. */
  async onApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await this.repeating?.stop();
    await Promise.allSettled(this.active.values());
  }

  /** Works on a job at once, unless somebody does already. Resolves when that run is over; never rejects. */
  runNow(id: ObjectId): Promise<void> {
    const key = id.toHexString();
    const running = this.active.get(key);
    if (running || this.isStopping) return running ?? Promise.resolve();
    const run = this.claimAndRun(id)
      .catch((error: unknown) => {
        this.logger.warn(`Job ${key} failed: ${(error as Error).message}`);
      })
      .finally(() => this.active.delete(key));
    this.active.set(key, run);
    return run;
  }

  private async runDue(): Promise<void> {
    const room = AT_ONCE - this.active.size;
    if (room <= 0) return;
    for (const job of await this.jobs.due(room)) void this.runNow(job._id);
  }

  private async claimAndRun(id: ObjectId): Promise<void> {
    const job = await this.jobs.claim(id);
    const handler = job && this.handlers.get(job.kind);
    if (!handler) return;
    const renewal = setInterval(() => {
      this.jobs.renew(job).catch(() => undefined);
    }, LEASE_MS / 3);
    try {
      const dueAt = await this.runner.run(jobScope(job.tenantId, `${job.kind} job`), () => handler(job._id));
      await this.jobs.release(job, dueAt);
    } catch (error) {
      this.logger.error(`Job ${id.toHexString()} failed`, (error as Error).stack);
      await this.putOff(job);
    } finally {
      clearInterval(renewal);
    }
  }

  private async putOff(job: JobDocument): Promise<void> {
    await this.jobs.release(job, new Date(Date.now() + RETRY_MS)).catch(() => undefined);
  }
}
