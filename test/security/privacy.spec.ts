import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { fromPublicId } from '../../src/ids/public-id.js';
import { CheckpointWriter } from '../../src/modules/audit/checkpoint-writer.js';
import { fetchArchive } from '../kit/archive.js';
import type { Client, Loose } from '../kit/client.js';
import { FEED, tenantIdOf } from '../kit/events.js';
import { operate } from '../kit/operate.js';
import {
  callWithStatus,
  PASSWORD,
  seedTenant,
  type SeededTenant,
  type SeededUser,
  startCall,
} from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { findAll, plantRows, tracesOf } from '../kit/traces.js';
import { until } from '../kit/until.js';

const ERASE = 'mutation ($id: ID!) { eraseUser(userId: $id) }';
const EXPORT_USER = 'mutation ($id: ID!) { exportUserData(userId: $id) { downloadUrl expiresAt } }';
const EXPORT_TENANT = 'mutation { exportTenantData { downloadUrl expiresAt } }';
const DELETE_TENANT = 'mutation ($name: String!) { deleteTenant(confirmSubdomain: $name) }';
const VERIFY = '{ verifyAuditLog { isIntact firstBrokenSequence } }';
const CALL = `query ($id: ID!) { call(id: $id) {
  status systemPrompt metadata summary createdBy { id } recording { url } transcript { totalCount } providerCallId
} }`;

/** A call that has been through everything, with canaries wherever words may stand. */
async function settledCall(client: Client, canary: string): Promise<Loose> {
  const { id } = await startCall(client, {
    systemPrompt: `Greet {{name}} of the ${canary}prompt.`,
    variables: { name: `${canary}name` },
    metadata: { note: `${canary}metadata` },
    idempotencyKey: `${canary}key`,
  });
  const stream = client.subscribe(FEED, { callId: id, after: '' });
  await stream.until(({ values }) =>
    ['CallTranscriptSettled', 'CallSummaryReady', 'CallRecordingReady'].every(type =>
      values.some(({ callEvents }) => callEvents.__typename === type),
    ),
  );
  stream.stop();
  return { id, ...(await client.data(CALL, { id })).call };
}

const actionsOf = async ({ admin }: SeededTenant, ...actions: string[]) => {
  const query =
    'query ($filter: AuditFilter) { auditEvents(filter: $filter) { nodes { action actorLabel details } } }';
  return (await admin.client.data(query, { filter: { actions } })).auditEvents.nodes as Loose[];
};

describe('Privacy', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  const atProvider = async (providerCallId: string) =>
    (
      await fetch(`${server.simulator.url}/api/calls/${providerCallId}`, {
        headers: { 'X-API-Key': 'simulator' },
      })
    ).status;

  /** A user whose data is full of canaries, and what they are. */
  async function canaryUser(tenant: SeededTenant) {
    const user = await tenant.user();
    const client = server.client({
      accessToken: user.accessToken,
      headers: { 'user-agent': 'canaryagent' },
    });
    await client.data(`mutation { requestPasswordReset(email: "${user.email}") }`);
    const call = await settledCall(client, 'canary');
    await client.data(
      `mutation { changePassword(currentPassword: "${PASSWORD}", newPassword: "another ${PASSWORD}") }`,
    );
    const wrong = 'mutation ($input: LogInInput!) { logIn(input: $input) { accessToken } }';
    await server
      .client({ tenantSubdomain: tenant.subdomain })
      .refusal(wrong, { input: { email: user.email, password: 'wrong password' } });
    return { user, client, call, canaries: ['canary', user.email] };
  }

  it('S59 erases a person everywhere: rows, words, calls at the provider, exports; the log verifies and keeps a pseudonym', async () => {
    const tenant = await seedTenant(server);
    const { user, client, call, canaries } = await canaryUser(tenant);
    const admin = tenant.admin.client;
    const words = `subscription { callEvents(after: "") { __typename
      ... on CallUtteranceAdded { utterance { text } } ... on CallSummaryReady { summary } } }`;
    const heard = async () => {
      const stream = admin.subscribe(words);
      await stream.until(({ values }) =>
        values.some(({ callEvents }) => callEvents.__typename === 'CallRecordingReady'),
      );
      stream.stop();
      return JSON.stringify(stream.values);
    };
    // It stays open, so that the words are in the memory of the process that follows the feed.
    const follower = admin.subscribe(words);
    expect(await heard()).toContain('canary');
    const { downloadUrl } = (await admin.data(EXPORT_USER, { id: user.id })).exportUserData;
    expect((await fetchArchive(downloadUrl as string)).text).toContain('canaryname');
    const before = findAll(await tracesOf(server), canaries).map(found => found.split(':')[0]);
    expect(before).toEqual(
      expect.arrayContaining(['users', 'invitations', 'passwordResets', 'calls', 'utterances', 'mail']),
    );
    const calls = server.db.collection('calls');
    const late = await calls.findOne({ createdById: fromPublicId('user', user.id) });

    expect((await admin.data(ERASE, { id: user.id })).eraseUser).toBe(user.id);
    // As if it was being made when he was erased, and committed right after.
    await calls.insertOne({ ...late, _id: new mongoose.Types.ObjectId(), idempotency: null });
    await until(
      async () => (await actionsOf(tenant, 'user.erasure_completed')).length > 0,
      'the calls are erased',
    );
    expect(findAll(await tracesOf(server), canaries)).toEqual([]);
    expect(await heard()).not.toContain('canary');
    follower.stop();
    expect(await atProvider(call.providerCallId as string)).toBe(404);
    expect((await fetch(call.recording.url as string)).status).toBe(404);

    expect((await admin.data(CALL, { id: call.id })).call).toMatchObject({
      status: 'COMPLETED',
      systemPrompt: '',
      metadata: {},
      summary: null,
      createdBy: null,
      recording: null,
      transcript: { totalCount: 0 },
    });
    const search = 'query ($words: String!) { calls(filter: { search: $words }) { totalCount } }';
    expect((await admin.data(search, { words: 'canaryname' })).calls.totalCount).toBe(0);

    const rights = await client.refusal('{ viewer { id } }');
    expect(rights.extensions.code).toBe('UNAUTHENTICATED');
    expect((await admin.data('query ($id: ID!) { user(id: $id) { id } }', { id: user.id })).user).toBeNull();
    expect((await fetch(downloadUrl as string)).status).toBe(404);
    const all = await fetchArchive((await admin.data(EXPORT_TENANT)).exportTenantData.downloadUrl as string);
    expect(canaries.filter(canary => all.text.includes(canary))).toEqual([]);

    const log = `query ($id: ID) { auditEvents(first: 100, filter: { actorId: $id }) { nodes { action actorLabel ip userAgent actor { id } } } }`;
    const rows = (await admin.data(log, { id: user.id })).auditEvents.nodes as Loose[];
    expect(rows.map(({ action }) => action)).toContain('user.password_changed');
    for (const row of rows)
      expect(row).toMatchObject({ actorLabel: `erased ${user.id}`, ip: null, userAgent: null, actor: null });
    expect((await actionsOf(tenant, 'user.erased'))[0]).toEqual({
      action: 'user.erased',
      actorLabel: tenant.admin.email,
      details: {
        userId: user.id,
        pseudonym: `erased ${user.id}`,
        sessions: expect.any(Number),
        invitations: 1,
      },
    });
    expect((await admin.data(VERIFY)).verifyAuditLog).toMatchObject({ isIntact: true });
    expect((await admin.refusal(ERASE, { id: user.id })).extensions.code).toBe('NOT_FOUND');
    // The address may come back, as somebody else.
    await admin.data(`mutation { inviteUser(input: { email: "${user.email}" }) { token } }`);
    expect(rows).toEqual((await admin.data(log, { id: user.id })).auditEvents.nodes);
  });

  it('erases a person in the middle of a call, which ends', async () => {
    const tenant = await seedTenant(server);
    const user = await tenant.user();
    const { id } = await startCall(user.client, { variables: { name: 'canarylive' } });
    const stream = user.client.subscribe(FEED, { callId: id, after: '' });
    await stream.until(({ values }) => values.length > 0);
    await tenant.admin.client.data(ERASE, { id: user.id });
    await stream.until(({ closing }) => closing?.code === 4401);
    await callWithStatus(tenant.admin.client, id as string, 'COMPLETED', 'ENDED');
    await until(
      async () => findAll(await tracesOf(server), ['canarylive', user.email]).length === 0,
      'the call is erased',
    );
  });

  it('erases nobody for those who may not, in another tenant, or the last admin', async () => {
    const [tenant, other] = [await seedTenant(server), await seedTenant(server)];
    const user = await tenant.user();
    const codes = async (client: Client, id: string) => (await client.refusal(ERASE, { id })).extensions.code;
    expect(await codes(user.client, user.id)).toBe('FORBIDDEN');
    expect(await codes(other.admin.client, user.id)).toBe('NOT_FOUND');
    expect(await codes(tenant.admin.client, 'user_000000000000000000000000')).toBe('NOT_FOUND');
    expect(await codes(tenant.admin.client, tenant.admin.id)).toBe('CONFLICT');
    expect((await user.client.data('{ viewer { id } }')).viewer.id).toBe(user.id);
    const second = await tenant.user('ADMIN');
    await second.client.data(ERASE, { id: tenant.admin.id });
    expect((await second.client.data(VERIFY)).verifyAuditLog.isIntact).toBe(true);
  });

  it("exports a person's data to himself and to admins, and a tenant's to admins, by links that are good for nothing else", async () => {
    const [tenant, other] = [await seedTenant(server), await seedTenant(server)];
    const user = await tenant.user();
    const call = await settledCall(user.client, 'export');
    await startCall(tenant.admin.client, { variables: { name: 'notmine' } });
    const linkOf = async ({ client }: SeededUser, query = EXPORT_USER) =>
      Object.values<Loose>(await client.data(query, { id: user.id }))[0].downloadUrl as string;

    const own = await fetchArchive(await linkOf(user));
    const types = [...new Set(own.rows.map(({ type }) => type as string))];
    expect(types).toEqual(
      expect.arrayContaining([
        'users',
        'sessions',
        'invitations',
        'calls',
        'utterances',
        'callEvents',
        'auditEvents',
      ]),
    );
    for (const text of [user.email, 'exportname', 'exportprompt', 'exportmetadata'])
      expect(own.text).toContain(text);
    for (const text of ['argon2', 'notmine', tenant.admin.email, 'refreshHash', 'joinUrl'])
      expect(own.text).not.toContain(text);
    const recording = own.rows.find(({ type }) => type === 'calls').row.recording.url as string;
    expect((await fetch(recording)).status).toBe(200);
    expect(own.rows.filter(({ type }) => type === 'utterances')).toHaveLength(
      call.transcript.totalCount as number,
    );

    const whole = await fetchArchive(await linkOf(tenant.admin, EXPORT_TENANT));
    for (const text of [user.email, tenant.admin.email, 'exportname', 'notmine', tenant.subdomain])
      expect(whole.text).toContain(text);
    for (const text of ['argon2', other.admin.email, tenantIdOf(other).toHexString()])
      expect(whole.text).not.toContain(text);

    const code = async (client: Client, query: string) =>
      (await client.refusal(query, { id: user.id })).extensions.code;
    expect(await code((await tenant.user()).client, EXPORT_USER)).toBe('NOT_FOUND');
    expect(await code(other.admin.client, EXPORT_USER)).toBe('NOT_FOUND');
    expect(await code(user.client, EXPORT_TENANT)).toBe('FORBIDDEN');

    const link = new URL(await linkOf(user));
    const status = async (change: (link: URL) => void) => {
      const changed = new URL(link);
      change(changed);
      return (await fetch(changed)).status;
    };
    expect(await status(url => (url.pathname = url.pathname.replace(user.id, 'all')))).toBe(403);
    expect(await status(url => (url.pathname = url.pathname.replace('/exports/', '/recordings/')))).toBe(403);
    expect(await status(url => url.searchParams.set('expires', '9999999999999'))).toBe(403);
    expect(
      (await actionsOf(tenant, 'data.exported', 'data.accessed'))
        .filter(({ details }) => details.of !== undefined || details.what === 'export')
        .map(({ action, details }) => [action, details.of ?? details.ids[0]]),
    ).toEqual([
      ['data.exported', user.id],
      ['data.accessed', tenant.id],
      ['data.exported', tenant.id],
      ['data.accessed', user.id],
      ['data.exported', user.id],
    ]);
    // Whoever has asked must have the right still.
    await tenant.admin.client.data('mutation ($id: ID!) { deactivateUser(userId: $id) { id } }', {
      id: user.id,
    });
    expect((await fetch(link)).status).toBe(404);
  });

  it('deletes a tenant so that nothing is left, whichever process is there to do it', async () => {
    const [tenant, other] = [await seedTenant(server), await seedTenant(server)];
    const hex = tenantIdOf(tenant).toHexString();
    const first = await startTestServer({ beside: server, env: { DATA_DIR: server.settings.DATA_DIR } });
    const admin = first.client({ accessToken: tenant.admin.accessToken });
    const call = await settledCall(admin, 'deleted');
    const live = await startCall(admin, { variables: { name: 'deletedlive' } });
    const stay = await settledCall(other.admin.client, 'stays');
    const user = await tenant.user();
    await first.app.get(CheckpointWriter).write();
    const planted = await plantRows(server, hex);
    await server.db
      .collection('providerLoads')
      .insertOne({ turns: { now: 1, of: { [hex]: 1 } } }, { bypassDocumentValidation: true });
    const before = findAll(await tracesOf(server), [hex]).map(found => found.split(':')[0]);
    const places = [...planted, 'tenants', 'providerLoads', 'recordings', 'mail', 'checkpoints'];
    expect(places.filter(place => !before.includes(place))).toEqual([]);

    const refusal = async (client: Client, name: string) =>
      (await client.refusal(DELETE_TENANT, { name })).extensions;
    expect(await refusal(admin, other.subdomain)).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: { confirmSubdomain: expect.any(String) },
    });
    expect((await refusal(user.client, tenant.subdomain)).code).toBe('FORBIDDEN');
    const stream = tenant.admin.client.subscribe(FEED, { after: '' });
    await stream.until(({ values }) => values.length > 0);

    // The provider does not answer, and the process that has begun goes away in the middle.
    const faults = `${server.simulator.url}/simulator/faults`;
    const fault = { kind: 'request-error', method: 'DELETE', status: 503 };
    await fetch(faults, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fault),
    });
    expect((await admin.data(DELETE_TENANT, { name: tenant.subdomain })).deleteTenant).toBe(tenant.id);
    expect((await admin.refusal('{ viewer { id } }')).extensions.code).toBe('TENANT_INACTIVE');
    await first.stop();
    await stream.until(({ closing }) => closing?.code === 4401);
    expect(findAll(await tracesOf(server), [hex]).length).toBeGreaterThan(0);
    await fetch(faults, { method: 'DELETE' });

    await until(
      async () => findAll(await tracesOf(server), [hex, tenant.subdomain]).length === 0,
      'nothing is left',
    );
    for (const { providerCallId } of [call, live])
      expect(await atProvider(providerCallId as string)).toBe(404);
    const branding = 'query ($name: String) { branding(subdomain: $name) { name } }';
    const gone = await server.client().refusal(branding, { name: tenant.subdomain });
    expect(gone.extensions.code).toBe('TENANT_NOT_FOUND');
    expect((await other.admin.client.data(CALL, { id: stay.id })).call).toMatchObject({
      status: 'COMPLETED',
    });
    expect((await fetch(stay.recording.url as string)).status).toBe(200);
    expect((await other.admin.client.data(VERIFY)).verifyAuditLog.isIntact).toBe(true);
  });

  it('removes nothing that is under a legal hold, until the operator releases it', async () => {
    const tenant = await seedTenant(server);
    const user = await tenant.user();
    const admin = tenant.admin.client;
    const { id } = await startCall(user.client);
    await callWithStatus(admin, id as string, 'COMPLETED');
    const attempts = async () =>
      [
        await admin.send(ERASE, { id: user.id }),
        await admin.send('mutation ($id: ID!) { deleteCall(id: $id) }', { id }),
        await admin.send(DELETE_TENANT, { name: tenant.subdomain }),
      ].map(({ errors }) => errors?.[0]?.extensions.code);

    await operate(server, ['users', 'hold', tenant.subdomain, user.email, '--reason', 'a lawsuit']);
    expect(await attempts()).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT']);
    await operate(server, ['users', 'release', tenant.subdomain, user.email]);
    expect(await operate(server, ['tenants', 'hold', tenant.subdomain])).toMatchObject({ code: 0 });
    expect(await attempts()).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT']);
    expect((await admin.data(CALL, { id })).call.createdBy.id).toBe(user.id);
    expect(fromPublicId('call', id as string)).not.toBeNull();
    await operate(server, ['tenants', 'release', tenant.subdomain]);
    expect(
      (await actionsOf(tenant, 'user.held', 'user.released', 'tenant.held', 'tenant.released')).map(
        ({ action, details }) => [action, details.reason],
      ),
    ).toEqual([
      ['tenant.released', undefined],
      ['tenant.held', null],
      ['user.released', undefined],
      ['user.held', 'a lawsuit'],
    ]);
    expect((await admin.send(ERASE, { id: user.id })).errors).toBeUndefined();
  });
});
