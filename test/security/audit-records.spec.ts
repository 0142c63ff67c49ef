import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Loose } from '../kit/client.js';
import { request } from 'node:http';
import { produceEvents } from '../kit/events.js';
import { callWithStatus, seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

describe('What the audit log says of reads and refusals', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let other: SeededTenant;
  let calls: string[];

  beforeAll(async () => {
    server = await startTestServer({ simulator: { speed: 200 } });
    [tenant, other] = [await seedTenant(server), await seedTenant(server)];
    calls = [];
    for (let index = 0; index < 3; index += 1)
      calls.push((await startCall(tenant.admin.client)).id as string);
    for (const id of calls) await callWithStatus(tenant.admin.client, id, 'COMPLETED');
  });
  afterAll(() => server.stop());

  const recorded = async ({ admin }: SeededTenant, action: string): Promise<Loose[]> => {
    const query =
      'query ($a: [String!]) { auditEvents(filter: { actions: $a }) { nodes { actorLabel details } } }';
    return (await admin.client.data(query, { a: [action] })).auditEvents.nodes as Loose[];
  };
  const waitFor = async <T>(look: () => Promise<T[]>, count: number): Promise<T[]> => {
    for (const deadline = Date.now() + 20_000; ;) {
      const found = await look();
      if (found.length >= count || Date.now() > deadline) return found;
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  };

  /** A key that reads calls, and the details of what it is recorded to have read. */
  async function program() {
    const name = `Program ${Math.random()}`;
    const { createApiKey } = await tenant.admin.client.data(
      'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
      { input: { name, scopes: ['CALLS_READ'] } },
    );
    const rows = async () =>
      (await recorded(tenant, 'data.accessed'))
        .filter(({ actorLabel }) => String(actorLabel).includes(name))
        .map(({ details }) => details);
    return { client: server.client({ accessToken: createApiKey.secret as string }), rows };
  }

  it('holds one row for all transcripts that a list has shown, and none for the same again', async () => {
    const list = '{ calls { nodes { transcript { nodes { text } } } } }';
    for (let look = 0; look < 2; look += 1) await tenant.admin.client.data(list);
    const [row, ...more] = await recorded(tenant, 'data.accessed');
    expect(more).toEqual([]);
    expect(row).toEqual({
      actorLabel: tenant.admin.email,
      details: { what: 'transcript', ids: expect.any(Array) },
    });
    expect([...(row?.details.ids as string[])].sort()).toEqual([...calls].sort());
  });

  it.each([
    ['transcript', 'events { nodes { ... on CallUtteranceAdded { utterance { text } } } }'],
    ['transcript', 'events { nodes { ...words } }'],
    ['summary', 'events { nodes { ... on CallSummaryReady { text: summary } } }'],
    ['summary', 'summary'],
    ['summary', 'shortSummary'],
    ['recording', 'events { nodes { ... on CallRecordingReady { recording { url } } } }'],
  ])('holds one row once a key reads the %s of a call by { %s }', async (what, fields) => {
    const fragment = 'fragment words on CallUtteranceAdded { utterance { ordinal } }';
    const query = `query ($id: ID!) { call(id: $id) { ${fields} } } ${fields.includes('...words') ? fragment : ''}`;
    const { client, rows } = await program();
    for (let look = 0; look < 2; look += 1) await client.data(query, { id: calls[1] });
    expect(await rows()).toEqual([{ what, ids: [calls[1]] }]);
  });

  it('holds a row for each call whose stored words a subscription hands out, and none for live ones', async () => {
    const { client, rows } = await program();
    const said: string[] = [];
    for (const count of [1, 2, 3]) said.push(await produceEvents(server, tenant, { count }));
    const words = 'callId ... on CallUtteranceAdded { utterance { text } }';
    const stream = client.subscribe(`subscription { callEvents(after: "") { ${words} } }`);
    const isHeard = (id: string) => stream.values.some(({ callEvents }: Loose) => callEvents.callId === id);
    await stream.until(() => said.every(isHeard));
    const live = await produceEvents(server, tenant, { count: 2 });
    await stream.until(() => isHeard(live));
    stream.stop();
    const read = await rows();
    expect(new Set(read.map(({ what }) => what))).toEqual(new Set(['transcript']));
    const ids = read.flatMap(row => row.ids as string[]);
    expect(ids).toEqual([...new Set(ids)]);
    expect(ids).toEqual(expect.arrayContaining(said));
    expect(ids).not.toContain(live);
  });

  it('holds nothing of events that are read without words', async () => {
    const { client, rows } = await program();
    const stream = client.subscribe('subscription { callEvents(after: "") { sequence } }');
    await stream.until(({ values }) => values.length > 10);
    stream.stop();
    await client.data('query ($id: ID!) { call(id: $id) { events { nodes { sequence } } } }', {
      id: calls[1],
    });
    expect(await rows()).toEqual([]);
  });

  it('holds who was given a recording, and that it was listened to; on another tenant’s host it is not there', async () => {
    const read = async () =>
      (
        await tenant.admin.client.data('query ($id: ID!) { call(id: $id) { recording { url } } }', {
          id: calls[0],
        })
      ).call.recording;
    const recording = (await waitFor(async () => [await read()].filter(Boolean), 1))[0];
    const url = new URL(recording.url as string);
    const status = (host: string) =>
      new Promise(resolve => {
        const asking = request(url, { headers: { host } }, response => {
          response.resume();
          resolve(response.statusCode);
        });
        asking.end();
      });
    const domain = server.settings.BASE_DOMAIN;
    expect(await status(`${other.subdomain}.${domain}`)).toBe(404);
    expect(await status(`${tenant.subdomain}.${domain}`)).toBe(200);
    expect(await status(url.host)).toBe(200);
    const accesses = await recorded(tenant, 'data.accessed');
    const ofFirst = accesses.filter(
      ({ details }) => details.what === 'recording' && details.ids[0] === calls[0],
    );
    expect(ofFirst).toEqual([
      { actorLabel: 'recording link', details: { what: 'recording', ids: [calls[0]] } },
      { actorLabel: tenant.admin.email, details: { what: 'recording', ids: [calls[0]] } },
    ]);
    expect(await recorded(tenant, 'security.tenant_violation')).toEqual([
      {
        actorLabel: 'recording link',
        details: { named: `a recording's link on the host of ${other.subdomain}` },
      },
    ]);
    expect(await recorded(other, 'security.tenant_violation')).toEqual([]);
  });

  it('S28 holds that a cursor of another tenant was tried, and nothing of a forged one', async () => {
    const list =
      'query ($after: String) { calls(first: 1, after: $after) { nodes { id } pageInfo { endCursor } } }';
    const cursor = (await tenant.admin.client.data(list)).calls.pageInfo.endCursor as string;
    const messages: unknown[] = [];
    for (const after of [cursor, Buffer.from('x'.repeat(40)).toString('base64url')]) {
      const { message, extensions } = await other.admin.client.refusal(list, { after });
      messages.push([message, extensions.code]);
    }
    expect(messages[0]).toEqual(messages[1]);
    const rows = await waitFor(() => recorded(other, 'security.tenant_violation'), 1);
    expect(rows).toEqual([
      { actorLabel: other.admin.email, details: { named: "a cursor of another tenant's calls" } },
    ]);
  });

  it('S30 holds that somebody tried what he has no right to; nothing comes of it', async () => {
    const user = await tenant.user();
    const rename = 'mutation { updateTenant(input: { name: "Mine" }) { id } }';
    for (let attempt = 0; attempt < 3; attempt += 1)
      expect((await user.client.refusal(rename)).extensions.code).toBe('FORBIDDEN');
    const rows = await waitFor(() => recorded(tenant, 'security.access_denied'), 1);
    expect(rows).toEqual([{ actorLabel: user.email, details: { permission: 'tenant:manage' } }]);
    expect((await tenant.admin.client.data('{ tenant { name } }')).tenant.name).toBe('Tenant');
  });
});
