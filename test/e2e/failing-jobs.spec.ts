import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { outage } from '../../src/errors/domain-error.js';
import type { JobKind } from '../../src/jobs/job.schema.js';
import { JobRunner } from '../../src/jobs/job-runner.js';
import { Jobs } from '../../src/jobs/jobs.js';
import { newObjectId, type ObjectId } from '../../src/mongo/object-id.js';
import { operate } from '../kit/operate.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { until } from '../kit/until.js';

const DAY_MS = 86_400_000;

describe('A job that fails', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  /** Adds a job whose work fails as long as `error` gives an error; tells when it was tried. */
  async function add(kind: JobKind, error: () => Error | null): Promise<{ id: ObjectId; tries: number[] }> {
    const id = newObjectId();
    const tries: number[] = [];
    server.app.get(JobRunner).handle(kind, async job => {
      await Promise.resolve();
      if (!job.equals(id)) return null;
      tries.push(performance.now());
      const failure = error();
      if (failure) throw failure;
      return null;
    });
    await server.app.get(Jobs).add(kind, null, id);
    return { id, tries };
  }
  const stored = (id: ObjectId) => server.db.collection('jobs').findOne({ _id: id });
  const metrics = async () => (await fetch(`${server.url}/metrics`)).text();
  const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

  const full = () => Object.assign(new Error('secret of +491701234567'), { code: 'ENOSPC' });

  it('is tried again with growing pauses, counted, and kept without its message', async () => {
    const { id, tries } = await add('retention', full);
    await until(async () => tries.length === 3, 'it is tried three times');
    expect((tries[1] ?? 0) - (tries[0] ?? 0)).toBeGreaterThan(1500);
    expect((tries[2] ?? 0) - (tries[1] ?? 0)).toBeGreaterThan(3100);
    await until(async () => (await stored(id))?.['failures'] === 3, 'the failures are stored');
    expect(await stored(id)).toMatchObject({ lastError: 'Error ENOSPC', parkedAt: null });
    expect(await metrics()).toMatch(/^voho_jobs_failing\{kind="retention"\} 1$/m);
    expect(await metrics()).toMatch(/^voho_job_failures_total\{kind="retention",reason="fault"\} [3-6]$/m);
    await server.db.collection('jobs').deleteOne({ _id: id });
  });

  it('is shown to the operator, who has it tried now, and is whole again once it works', async () => {
    let failure: Error | null = full();
    const { id, tries } = await add('retention', () => failure);
    await until(async () => Number((await stored(id))?.['failures']) > 0, 'the failure is stored');
    const { out } = await operate(server, ['jobs', 'list']);
    expect(out).toMatch(
      new RegExp(`^${id.toHexString()}  retention  -  [1-9] failures .* Error ENOSPC  again at `, 'm'),
    );
    expect(out).not.toContain('+49');

    const before = tries.length;
    expect(await operate(server, ['jobs', 'retry', id.toHexString()])).toMatchObject({ code: 0 });
    await until(async () => tries.length > before, 'it is tried again');
    failure = null;
    await until(async () => (await stored(id)) === null, 'it is done');
    expect((await operate(server, ['jobs', 'list'])).out.trim()).toBe('No job fails.');
    expect((await operate(server, ['jobs', 'retry', id.toHexString()])).code).toBe(1);
  });

  it('counts no outage, and is tried again every two seconds through it', async () => {
    const { id, tries } = await add('erasure', () => outage(new Error('away')));
    await until(async () => tries.length === 4, 'it is tried four times');
    for (const [index, at] of tries.slice(1).entries()) expect(at - (tries[index] ?? 0)).toBeLessThan(6000);
    expect((await stored(id))?.['failures']).toBeUndefined();
    expect(await metrics()).toMatch(/^voho_job_failures_total\{kind="erasure",reason="outage"\} [34]$/m);
    expect((await operate(server, ['jobs', 'list'])).out).not.toContain(id.toHexString());
  });

  it.each<JobKind>(['invitation-mail', 'password-reset'])(
    'is parked after a day, and not removed, where it is a %s; the operator has it tried again',
    async kind => {
      const { id, tries } = await add(kind, () => new TypeError('never'));
      await until(async () => tries.length === 1, 'it is tried');
      const failingSince = new Date(Date.now() - 2 * DAY_MS);
      await until(async () => (await stored(id))?.['leaseId'] === null, 'it was given back');
      await server.db
        .collection('jobs')
        .updateOne({ _id: id }, { $set: { failures: 40, failingSince, dueAt: new Date(0) } });
      await until(async () => (await stored(id))?.['parkedAt'] instanceof Date, 'it is parked');
      const before = tries.length;
      await server.db.collection('jobs').updateOne({ _id: id }, { $set: { dueAt: new Date(0) } });
      await pause(1500);
      expect(tries).toHaveLength(before);
      expect(await metrics()).toMatch(new RegExp(`^voho_jobs_parked\\{kind="${kind}"\\} 1$`, 'm'));
      expect((await operate(server, ['jobs', 'list'])).out).toContain('parked at');
      expect((await operate(server, ['jobs', 'retry', '--all'])).code).toBe(0);
      await until(async () => tries.length > before, 'it is tried again');
      await until(async () => (await stored(id))?.['parkedAt'] === null, 'it is not parked any more');
      await server.db.collection('jobs').deleteOne({ _id: id });
    },
  );

  it('is not given up where it must not be lost', async () => {
    const { id, tries } = await add('tenant-deletion', () => new Error('never'));
    await until(async () => tries.length === 1, 'it is tried');
    const failingSince = new Date(Date.now() - 90 * DAY_MS);
    await until(async () => (await stored(id))?.['leaseId'] === null, 'it was given back');
    await server.db
      .collection('jobs')
      .updateOne({ _id: id }, { $set: { failures: 5000, failingSince, dueAt: new Date(0) } });
    await until(async () => (await stored(id))?.['failures'] === 5001, 'it is tried');
    const job = await stored(id);
    expect(job?.['parkedAt']).toBeNull();
    expect((job?.['dueAt'] as Date).getTime()).toBeLessThan(Date.now() + 13 * 60_000);
    await server.db.collection('jobs').deleteOne({ _id: id });
  });
});
