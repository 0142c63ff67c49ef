import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreClock } from '../../src/mongo/store-clock.js';
import { testEngines } from '../kit/engines.js';
import { callWithStatus, seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { ShiftedLine } from '../kit/shifted-line.js';

const HOUR_MS = 3_600_000;

describe("A jump of the database's clock", () => {
  let line: ShiftedLine;
  let server: TestServer;
  let tenant: SeededTenant;

  beforeEach(async () => {
    const { mongodbUri } = testEngines();
    line = await ShiftedLine.to(mongodbUri);
    server = await startTestServer({ env: { MONGODB_URI: line.uriFor(mongodbUri) } });
    tenant = await seedTenant(server);
    // Until the time that was reached is written down.
    await pause(6000);
  });
  afterEach(async () => {
    await server.stop();
    await line.close();
  });

  const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));
  const timeOf = ({ app }: TestServer) => app.get(StoreClock).now().getTime();

  it.each([
    ['back by an hour', -HOUR_MS],
    ['back by a minute', -60_000],
    ['back by ten days', -240 * HOUR_MS],
    ['forward by an hour', HOUR_MS],
    ['forward by a day', 24 * HOUR_MS],
  ])(
    '%s moves no due time: time goes on, calls are looked after, and a new process agrees',
    async (_what, jump) => {
      const waiting = await startCall(tenant.admin.client);
      const [before, startedAt] = [timeOf(server), performance.now()];
      line.shiftMs = jump;
      let last = before;
      while (performance.now() - startedAt < 12_000) {
        const now = timeOf(server);
        expect(now).toBeGreaterThanOrEqual(last);
        last = now;
        await pause(50);
      }
      const passed = performance.now() - startedAt;
      expect(last - before).toBeGreaterThan(passed * 0.9 - 1000);
      expect(last - before).toBeLessThan(passed * 1.1 + 1000);

      await callWithStatus(tenant.admin.client, waiting.id, 'COMPLETED');
      const beside = await startTestServer({ beside: server });
      expect(Math.abs(timeOf(beside) - timeOf(server))).toBeLessThan(2500);
      const { id } = await startCall(beside.client(tenant.admin.client.credential));
      await callWithStatus(tenant.admin.client, id, 'COMPLETED');
      await beside.stop();
      const jobs = await server.db
        .collection('jobs')
        .find({ leasedUntil: { $ne: null } })
        .toArray();
      for (const job of jobs)
        expect((job['leasedUntil'] as Date).getTime()).toBeLessThan(timeOf(server) + 20_000);
    },
  );

  it('back while no process runs is made up for by the next one to start', async () => {
    const reached = timeOf(server);
    const besideLine = line;
    line.shiftMs = -2 * HOUR_MS;
    const next = await startTestServer({ beside: server });
    expect(timeOf(next)).toBeGreaterThan(reached - 2500);
    expect(timeOf(next)).toBeLessThan(reached + 60_000);
    await next.stop();
    besideLine.shiftMs = 0;
  });

  it('there and back again is not added up', async () => {
    const before = timeOf(server);
    const startedAt = performance.now();
    for (const shift of [-HOUR_MS, 0, HOUR_MS, 0]) {
      line.shiftMs = shift;
      await pause(6000);
    }
    const passed = performance.now() - startedAt;
    expect(Math.abs(timeOf(server) - before - passed)).toBeLessThan(5000);
    const mark = await server.db.collection('clockMarks').findOne();
    expect(Math.abs(mark?.['correctionMs'] as number)).toBeLessThan(5000);
  });
});
