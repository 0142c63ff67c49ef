import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RightsWatch } from '../../src/auth/rights-watch.js';
import { VIEWER_LIFETIME_MS } from '../../src/auth/viewer-cache.js';
import type { AnswerError } from '../kit/answer-error.js';
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

const codeOf = ({ extensions }: AnswerError) => extensions.code;

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

  /**
   * Takes a right away at the first server and waits until both doors of both servers have closed with `code`. Each server
   * looks once a second, so that two looks, one of which may have begun too early, are within two seconds.
   */
  async function closesEverywhere(
    user: SeededUser,
    takeAway: () => Promise<unknown>,
    code: number,
    errorCode = 'UNAUTHENTICATED',
  ): Promise<void> {
    await produceEvents(server(), tenant, { count: 1 });
    const streams = openEverywhere(servers, user);
    for (const stream of streams) await stream.until(({ values }) => values.length === 1);
    const looks = servers.map(({ app }) => jest.spyOn(app.get(RightsWatch), 'check'));
    await takeAway();
    for (const look of looks) look.mockClear();
    for (const stream of streams) await stream.until(({ closing }) => closing !== null, `code ${code}`);
    expect(streams.map(({ closing }) => closing?.code)).toEqual(streams.map(() => code));
    for (const look of looks) {
      expect(look.mock.calls.length).toBeLessThanOrEqual(2);
      look.mockRestore();
    }
    await produceEvents(server(), tenant, { count: 3 });
    for (const { values } of streams) expect(values).toHaveLength(1);
    const [codesOfSockets, codesOfStreams] = [0, 1].map(door =>
      streams.filter((_stream, index) => index % 2 === door).map(({ errors }) => errors.map(codeOf)),
    );
    expect(codesOfSockets).toEqual([[], []]);
    // A stream of server-sent events has no close code: what is final comes as an error, the rest as a cut line.
    const final = code === 4401 ? [errorCode] : [];
    expect(codesOfStreams).toEqual([final, final]);
  }

  it('S46 end with 4401 when the user logs out', async () => {
    expect(VIEWER_LIFETIME_MS).toBeLessThanOrEqual(1000);
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
    await closesEverywhere(tenant.admin, suspend, 4401, 'TENANT_INACTIVE');
  });

  it('end with 4401 when the session expires, though its access token still counts', async () => {
    const expire = () =>
      server()
        .db.collection('sessions')
        .updateMany({ tenantId: tenantIdOf(tenant) }, { $set: { expiresAt: new Date() } });
    await closesEverywhere(tenant.admin, expire, 4401);
  });

  it('S46 end with 4403 when the access token expires, not before, and tell of nothing after', async () => {
    const brief = await startTestServer({ beside: server(), env: { ACCESS_TOKEN_TTL: '2s' } });
    const own = await seedTenant(brief);
    const { admin } = own;
    const { exp } = JSON.parse(
      Buffer.from(admin.accessToken.split('.')[1] ?? '', 'base64url').toString(),
    ) as {
      exp: number;
    };
    const streams = openEverywhere([brief, server()], admin);
    await Promise.all(
      streams.map(async stream => {
        await stream.until(({ closing }) => closing !== null);
        // Timers may be early by a millisecond.
        expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000 - 5);
      }),
    );
    expect(streams.map(({ closing }) => closing?.code)).toEqual([4403, 4403, 4403, 4403]);
    await produceEvents(brief, own, { count: 3 });
    for (const { values, errors } of streams) expect([values, errors]).toEqual([[], []]);
    await brief.stop();
  });
});
