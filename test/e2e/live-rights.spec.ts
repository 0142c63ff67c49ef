import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EventStreamReader } from '../kit/event-stream-reader.js';
import { FEED, inTenant, produceEvents, tenantIdOf } from '../kit/events.js';
import { LiveSocket } from '../kit/live-socket.js';
import { seedTenant, type SeededTenant, type SeededUser } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import type { Stream } from '../kit/stream.js';
import { TenantDirectory } from '../../src/tenancy/tenant-directory.js';

/** Streams of one user over every door of every process. */
function openEverywhere(servers: readonly TestServer[], { accessToken }: SeededUser): Stream<unknown>[] {
  return servers.flatMap(({ url }) => [
    new LiveSocket(url, accessToken, FEED, { after: '' }).stream,
    new EventStreamReader(url, { query: FEED, variables: { after: '' } }, { accessToken }).stream,
  ]);
}

describe('Rights while streaming', () => {
  let servers: TestServer[];
  let tenant: SeededTenant;

  beforeAll(async () => {
    const first = await startTestServer();
    servers = [first, await startTestServer({ beside: first })];
  });
  afterAll(async () => {
    for (const server of servers.toReversed()) await server.stop();
  });
  beforeEach(async () => {
    tenant = await seedTenant(server());
  });

  const server = () => servers[0] as TestServer;

  /** Takes a right away at the first server and waits until both doors of both servers have closed with `code`. */
  async function closesEverywhere(
    user: SeededUser,
    takeAway: () => Promise<unknown>,
    code: number,
  ): Promise<void> {
    await produceEvents(server(), tenant, { count: 1 });
    const streams = openEverywhere(servers, user);
    for (const stream of streams) await stream.until(({ values }) => values.length === 1);
    await takeAway();
    const takenAt = Date.now();
    for (const stream of streams) await stream.until(({ closing }) => closing !== null, `code ${code}`);
    expect(streams.map(({ closing }) => closing?.code)).toEqual(streams.map(() => code));
    expect(Date.now() - takenAt).toBeLessThan(5000);
    await produceEvents(server(), tenant, { count: 3 });
    for (const { values, errors } of streams) expect([values.length, errors]).toEqual([1, []]);
  }

  it('S46 end with 4401 when the user logs out', async () => {
    await closesEverywhere(tenant.admin, () => tenant.admin.client.data('mutation { logOut }'), 4401);
  });

  it('S10 S46 end with 4401 when the user is deactivated', async () => {
    const user = await tenant.user('ADMIN');
    const deactivate = 'mutation ($id: ID!) { deactivateUser(userId: $id) { id } }';
    await closesEverywhere(user, () => tenant.admin.client.data(deactivate, { id: user.id }), 4401);
  });

  it('S10 S46 end with 4412 when the role changes, so that the client comes back with the new rights', async () => {
    const user = await tenant.user('ADMIN');
    const change = 'mutation ($id: ID!) { setUserRole(userId: $id, role: USER) { id } }';
    await closesEverywhere(user, () => tenant.admin.client.data(change, { id: user.id }), 4412);
  });

  it('S46 end with 4401 when the tenant is suspended', async () => {
    const suspend = () =>
      inTenant(server(), tenant, () =>
        server()
          .app.get(TenantDirectory)
          .update(tenantIdOf(tenant), { $set: { isActive: false } }),
      );
    await closesEverywhere(tenant.admin, suspend, 4401);
  });

  it('S46 end with 4403 when the access token expires', async () => {
    const brief = await startTestServer({ beside: server(), env: { ACCESS_TOKEN_TTL: '2s' } });
    const admin = (await seedTenant(brief)).admin;
    const streams = openEverywhere([brief, server()], admin);
    for (const stream of streams) await stream.until(({ closing }) => closing !== null);
    expect(streams.map(({ closing }) => closing?.code)).toEqual([4403, 4403, 4403, 4403]);
    await brief.stop();
  });
});
