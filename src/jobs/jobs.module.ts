import { Global, Module } from '@nestjs/common';
import { modelProvider } from '../mongo/model-provider.js';
import { ClockKeeper } from './clock-keeper.js';
import { CLOCK_MARKS } from './clock-mark.schema.js';
import { FailingJobs } from './failing-jobs.js';
import { JOBS } from './job.schema.js';
import { JobRunner } from './job-runner.js';
import { Jobs } from './jobs.js';
import { VirtualTime } from './virtual-time.js';

/** Work that must not be lost: leased from MongoDB, so any process may die. */
@Global()
@Module({
  providers: [
    modelProvider(JOBS),
    modelProvider(CLOCK_MARKS),
    ClockKeeper,
    Jobs,
    JobRunner,
    FailingJobs,
    VirtualTime,
  ],
  exports: [Jobs, JobRunner, FailingJobs],
})
export class JobsModule {}
