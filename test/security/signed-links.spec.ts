import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DOWNLOADS_AT_ONCE, LinkDownloads } from '../../src/modules/links/link-downloads.js';
import { RefusalLog } from '../../src/modules/audit/refusal-log.js';
import { fetchArchive } from '../kit/archive.js';
import type { Loose } from '../kit/client.js';
import { produceEvents, tenantIdOf } from '../kit/events.js';
import { callWithStatus, seedTenant, type SeededTenant, type SeededUser, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { until } from '../kit/until.js';

const EXPORT_TENANT = 'mutation { exportTenantData { downloadUrl } }';
const EXPORT_USER = 'mutation ($id: ID!) { exportUserData(userId: $id) { downloadUrl } }';
const CALLS_EACH = 3;

/** Opens a link with headers of one's own, and leaves its body to be read. */
function open(url: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { headers, agent: false }, resolve);
    asking.on('error', reject);
    asking.end();
  });
}

const statusOf = async (url: string, headers: Record<string, string> = {}): Promise<number | undefined> => {
  const response = await open(url, headers);
  response.resume();
  return response.statusCode;
};

describe('Signed links', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let other: SeededTenant;
  const recordings = new Map<SeededTenant, { id: string; url: string }[]>();

  beforeAll(async () => {
    server = await startTestServer({ simulator: { speed: 200 }, env: { TRUSTED_PROXIES: '1' } });
    [tenant, other] = [await seedTenant(server), await seedTenant(server)];
    for (const whose of [tenant, other]) recordings.set(whose, await recordedCalls(whose));
  });
  afterAll(() => server.stop());

  async function recordedCalls({ admin: { client } }: SeededTenant): Promise<{ id: string; url: string }[]> {
    const calls: { id: string; url: string }[] = [];
    for (let index = 0; index < CALLS_EACH; index += 1) {
      const { id } = (await startCall(client)) as { id: string };
      await callWithStatus(client, id, 'COMPLETED');
      await until(async () => (await urlOf(client, id)) !== null, 'the recording');
      calls.push({ id, url: (await urlOf(client, id)) ?? '' });
    }
    return calls;
  }
  const urlOf = async (client: SeededUser['client'], id: string): Promise<string | null> =>
    (await client.data('query ($id: ID!) { call(id: $id) { recording { url } } }', { id })).call.recording
      ?.url ?? null;
  const exportOf = async ({ client }: SeededUser): Promise<string> =>
    (await client.data(EXPORT_TENANT)).exportTenantData.downloadUrl;
  const rows = async ({ admin }: SeededTenant, action: string): Promise<Loose[]> => {
    const query = `query ($a: [String!]) { auditEvents(filter: { actions: $a }) {
      nodes { id actorLabel ip userAgent details } } }`;
    return (await admin.client.data(query, { a: [action] })).auditEvents.nodes as Loose[];
  };
  const linkOf = (whose: SeededTenant) => recordings.get(whose)?.[0]?.url ?? '';

  it('opened in one turn by people of two tenants are on record in their own tenant alone, as a person’s link', async () => {
    const all = [...recordings.values()].flat().map(({ url }) => url);
    const headers = { 'x-request-id': 'the-same-id', 'user-agent': 'player/1' };
    expect(await Promise.all(all.map(url => statusOf(url, headers)))).toEqual(all.map(() => 200));
    for (const whose of [tenant, other]) {
      const heard = (await rows(whose, 'data.accessed')).filter(
        ({ actorLabel }) => actorLabel === 'recording link',
      );
      expect(heard.flatMap(({ details }) => details.ids as string[]).sort()).toEqual(
        recordings
          .get(whose)
          ?.map(({ id }) => id)
          .sort(),
      );
      for (const row of heard) expect(row).toMatchObject({ ip: '127.0.0.1', userAgent: 'player/1' });
    }
  });

  it('have the id of their own request on record', async () => {
    const fresh = (await urlOf(other.admin.client, recordings.get(other)?.[1]?.id ?? '')) ?? '';
    const response = await open(fresh, { 'x-forwarded-for': '203.0.113.9' });
    response.resume();
    const requestId = response.headers['x-request-id'];
    const stored = await server.db.collection('auditEvents').findOne({ requestId });
    expect(stored).toMatchObject({ tenantId: tenantIdOf(other), action: 'data.accessed', ip: '203.0.113.9' });
  });

  it('lead nowhere with another tenant’s name, however it is written, and that is on record with a count', async () => {
    const name = other.subdomain;
    const host = `${name}.${server.settings.BASE_DOMAIN}`;
    const foreign: Record<string, string>[] = [
      { host },
      { host: host.toUpperCase() },
      { host: `${host}.` },
      { host: `${host}:80` },
      { host: `${host}.:8080` },
      { host: `${name.toUpperCase()}.${server.settings.BASE_DOMAIN}:4000` },
      { 'x-forwarded-host': host },
      { 'x-forwarded-host': `${host.toUpperCase()}.:443` },
      { 'x-forwarded-host': `${tenant.subdomain}.${server.settings.BASE_DOMAIN}, ${host}` },
      { 'x-tenant-subdomain': name },
      { 'x-tenant-subdomain': ` ${name.toUpperCase()} ` },
      { host: `never-was.${server.settings.BASE_DOMAIN}` },
    ];
    for (const [kind, url] of [
      ['recording', linkOf(tenant)],
      ['export', await exportOf(tenant.admin)],
    ] as const) {
      const before = await rows(tenant, 'security.tenant_violation');
      for (const headers of foreign) expect([headers, await statusOf(url, headers)]).toEqual([headers, 404]);
      await server.app.get(RefusalLog).flush();
      const [counted, first, ...rest] = await rows(tenant, 'security.tenant_violation');
      expect(rest).toHaveLength(before.length);
      const link = kind === 'recording' ? "a recording's link" : "an export's link";
      expect(first).toMatchObject({
        actorLabel: `${kind} link`,
        ip: '127.0.0.1',
        details: { named: `${link} on the host of ${name}` },
      });
      expect(counted?.details).toEqual({
        named: `${link} on the host of never-was`,
        count: foreign.length - 1,
      });
    }
    expect(await rows(other, 'security.tenant_violation')).toEqual([]);
  });

  it('lead to their own tenant, however its name is written', async () => {
    const host = `${tenant.subdomain}.${server.settings.BASE_DOMAIN}`;
    for (const headers of [
      {},
      { host },
      { host: `${host.toUpperCase()}.:80` },
      { 'x-forwarded-host': host },
      { 'x-tenant-subdomain': tenant.subdomain.toUpperCase() },
      { host: 'another.example' },
    ] as Record<string, string>[])
      expect([headers, await statusOf(linkOf(tenant), headers)]).toEqual([headers, 200]);
  });

  it('end with their tenant: a suspended one’s lead nowhere until it is resumed, a deleted one’s for good', async () => {
    const gone = await seedTenant(server);
    const [call] = await recordedCalls(gone);
    const urls = [call?.url ?? '', await exportOf(gone.admin)];
    // A download that its end meets before its headers is cut.
    const statuses = () => Promise.all(urls.map(url => statusOf(url).catch(() => 0)));
    expect(await statuses()).toEqual([200, 200]);
    // As another process does it.
    const setActive = (isActive: boolean) =>
      server.db.collection('tenants').updateOne({ _id: tenantIdOf(gone) }, { $set: { isActive } });
    await setActive(false);
    await until(async () => (await statuses()).every(status => status === 404), 'the end of the links');
    await setActive(true);
    await until(async () => (await statuses()).every(status => status === 200), 'the links');
    await gone.admin.client.data('mutation ($n: String!) { deleteTenant(confirmSubdomain: $n) }', {
      n: gone.subdomain,
    });
    expect(await statuses()).toEqual([404, 404]);
  });

  it.each<[string, (admin: SeededUser, boss: SeededUser) => Promise<unknown>]>([
    ['logs out everywhere', admin => admin.client.data('mutation { logOutEverywhere }')],
    ['logs out', admin => admin.client.data('mutation { logOut }')],
    [
      'is no admin any more',
      (admin, boss) =>
        boss.client.data('mutation ($id: ID!) { setUserRole(userId: $id, role: USER) { role } }', {
          id: admin.id,
        }),
    ],
    [
      'is deactivated',
      (admin, boss) =>
        boss.client.data('mutation ($id: ID!) { deactivateUser(userId: $id) { isActive } }', {
          id: admin.id,
        }),
    ],
    [
      'is erased',
      (admin, boss) => boss.client.data('mutation ($id: ID!) { eraseUser(userId: $id) }', { id: admin.id }),
    ],
  ])('to an archive end when its requester %s', async (_what, act) => {
    const admin = await tenant.user('ADMIN');
    const user = await tenant.user();
    const ofUser = (await admin.client.data(EXPORT_USER, { id: user.id })).exportUserData
      .downloadUrl as string;
    const urls = [await exportOf(admin), ofUser];
    const kept = await exportOf(tenant.admin);
    for (const url of urls) await fetchArchive(url);
    await act(admin, tenant.admin);
    expect(await Promise.all(urls.map(url => statusOf(url)))).toEqual([404, 404]);
    expect(await statusOf(kept)).toBe(200);
  });

  describe('to a large archive', () => {
    let large: SeededTenant;
    beforeAll(async () => {
      large = await seedTenant(server);
      for (let part = 0; part < 16; part += 1)
        await produceEvents(server, large, {
          count: 100,
          text: `${randomBytes(15_000).toString('base64')}${part}`,
        });
    });

    it('are cut within seconds when the requester’s session ends', async () => {
      const admin = await large.user('ADMIN');
      const response = await open(await exportOf(admin));
      expect(response.statusCode).toBe(200);
      const cut = new Promise(resolve => response.once('error', resolve).once('end', () => resolve(null)));
      await admin.client.data('mutation { logOutEverywhere }');
      // It is read only after the watch has had its time.
      await new Promise(resolve => setTimeout(resolve, 4000));
      response.resume();
      expect(await cut).toMatchObject({ code: 'ECONNRESET' });
    });

    it('are downloaded a few at a time, and again once those are over', async () => {
      const url = await exportOf(large.admin);
      const responses = await Promise.all(Array.from({ length: 60 }, () => open(url)));
      const statuses = responses.map(({ statusCode }) => statusCode);
      const { ofLink } = DOWNLOADS_AT_ONCE.exports;
      expect(statuses.filter(status => status === 200)).toHaveLength(ofLink);
      expect(statuses.filter(status => status === 429)).toHaveLength(60 - ofLink);
      for (const response of responses) {
        if (response.statusCode === 429) expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
        response.destroy();
      }
      // Read to its end, so that it leaves room for what comes next.
      await until(async () => {
        const response = await open(url);
        await once(response.resume(), 'close');
        return response.statusCode === 200;
      }, 'room for a download');
    });

    it('are downloaded a few at a time by all of a tenant, and no other tenant waits for them', async () => {
      const { ofTenant } = DOWNLOADS_AT_ONCE.exports;
      const admins = await Promise.all(Array.from({ length: ofTenant + 2 }, () => large.user('ADMIN')));
      const responses = await Promise.all(admins.map(async admin => open(await exportOf(admin))));
      const statuses = responses.map(({ statusCode }) => statusCode).sort();
      expect(statuses).toEqual([...Array<number>(ofTenant).fill(200), 429, 429]);
      await fetchArchive(await exportOf(other.admin));
      for (const response of responses) response.destroy();
    });
  });

  it('to recordings are bounded too, for each link and each tenant apart', () => {
    const downloads = new LinkDownloads();
    const response = { setHeader: () => undefined } as unknown as Parameters<LinkDownloads['ofLink']>[2];
    const { ofLink, ofTenant } = DOWNLOADS_AT_ONCE.recordings;
    for (let open = 0; open < ofLink; open += 1) downloads.ofLink('recordings', 'a.wav', response);
    expect(() => downloads.ofLink('recordings', 'a.wav', response)).toThrow('Too many downloads');
    downloads.ofLink('recordings', 'b.wav', response)();
    for (let open = 0; open < ofTenant; open += 1)
      downloads.ofTenant('recordings', tenantIdOf(tenant), response);
    expect(() => downloads.ofTenant('recordings', tenantIdOf(tenant), response)).toThrow(
      'Too many downloads',
    );
    downloads.ofTenant('recordings', tenantIdOf(other), response)();
  });
});
