import { Injectable } from '@nestjs/common';
import { FailingJobs } from '../jobs/failing-jobs.js';
import { toPublicId } from '../ids/public-id.js';
import { parseObjectId } from '../mongo/object-id.js';
import { OperatorError } from './operator-error.js';

/** More than can be read are not listed. */
const MOST_LISTED = 1000;

/** Shows the jobs that fail, and has them tried again. */
@Injectable()
export class JobOperations {
  constructor(private readonly failing: FailingJobs) {}

  /** One line per failing job: its id, kind, tenant, failures, since when, the last error, and when it is tried again. */
  async table(): Promise<string> {
    const jobs = await this.failing.list(MOST_LISTED);
    if (jobs.length === 0) return 'No job fails.';
    const lines = jobs.map(job =>
      [
        job._id.toHexString(),
        job.kind,
        job.tenantId ? toPublicId('tenant', job.tenantId) : '-',
        `${job.failures ?? 0} failures`,
        `since ${job.failingSince?.toISOString() ?? '-'}`,
        job.lastError ?? '-',
        job.parkedAt ? `parked at ${job.parkedAt.toISOString()}` : `again at ${job.dueAt.toISOString()}`,
      ].join('  '),
    );
    return lines.join('\n');
  }

  /** @param id null: all. @throws OperatorError when no job with that id fails. */
  async retry(id: string | null): Promise<string> {
    const count = await this.failing.retry(id === null ? null : parseObjectId(id));
    if (id !== null && count === 0) throw new OperatorError(`No job ${id} fails: see voho jobs list.`);
    return `${count} jobs are due now.`;
  }
}
