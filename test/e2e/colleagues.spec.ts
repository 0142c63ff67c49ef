import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { type GraphQLObjectType, isObjectType } from 'graphql';
import { newObjectId } from '../../src/mongo/object-id.js';
import type { Client, Loose } from '../kit/client.js';
import { callWithStatus, seedTenant, type SeededTenant, type SeededUser, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const SECRET = 'zyzzyva';
const DASHBOARD =
  'totalCalls totalUsers callsByStatus { status count } callsByDay { day count } recentCalls { id }';
const ROOTS = ['Query', 'Mutation', 'Subscription'];
const NOWHERE = `call_${newObjectId().toHexString()}`;

describe('Colleagues', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let owner: SeededUser;
  let colleague: SeededUser;
  let admin: Client;
  let call: string;

  beforeAll(async () => {
    server = await startTestServer();
    tenant = await seedTenant(server);
    admin = tenant.admin.client;
    [owner, colleague] = [await tenant.user(), await tenant.user()];
    call = (await startCall(owner.client, { systemPrompt: `Greet ${SECRET}.`, metadata: { word: SECRET } }))
      .id;
    await callWithStatus(owner.client, call, 'COMPLETED');
  });
  afterAll(() => server.stop());

  const answer = async (client: Client, query: string, variables: Record<string, unknown>) => {
    const { data, errors } = await client.send(query, variables);
    return JSON.stringify({
      data,
      errors: errors?.map(({ message, extensions }) => [message, extensions.code]),
    });
  };

  it.each([
    ['call', 'query ($id: ID!) { call(id: $id) { id systemPrompt } }'],
    ['node', 'query ($id: ID!) { node(id: $id) { id } }'],
    ['endCall', 'mutation ($id: ID!) { endCall(id: $id) { id } }'],
    ['deleteCall', 'mutation ($id: ID!) { deleteCall(id: $id) }'],
    [
      'sendCallMessage',
      'mutation ($id: ID!) { sendCallMessage(input: { callId: $id, kind: AGENT_SAYS, text: "x" }) { id } }',
    ],
  ])('%s of a colleague’s call is answered like one that never was', async (_field, query) => {
    expect(await answer(colleague.client, query, { id: call })).toBe(
      await answer(colleague.client, query, { id: NOWHERE }),
    );
    expect(await callWithStatus(admin, call, 'COMPLETED')).toMatchObject({ id: call });
  });

  it.each([
    ['callEvents', 'subscription ($id: ID!) { callEvents(callId: $id, after: "") { id } }'],
    ['transcriptDeltas', 'subscription ($id: ID!) { transcriptDeltas(callId: $id) { text } }'],
    ['queuePosition', 'subscription ($id: ID!) { queuePosition(callId: $id) }'],
  ])('%s of a colleague’s call are refused like those of one that never was', async (_field, query) => {
    const refusals = [];
    for (const id of [call, NOWHERE]) {
      const stream = colleague.client.subscribe(query, { id });
      await stream.until(({ errors, isComplete }) => errors.length > 0 || isComplete);
      refusals.push([
        stream.values,
        stream.errors.map(({ message, extensions }) => [message, extensions.code]),
      ]);
    }
    expect(refusals[0]).toEqual(refusals[1]);
    expect(refusals[0]?.[1]).toHaveLength(1);
  });

  it.each([
    '',
    '(filter: { statuses: [COMPLETED] })',
    `(filter: { search: "${SECRET}" })`,
    `(filter: { metadata: { word: "${SECRET}" } })`,
    '(filter: { createdById: $owner })',
    '(last: 10)',
  ])('calls%s hold none of a colleague’s, not even in their number; the admin sees all', async filter => {
    const query = `query ${filter.includes('$owner') ? '($owner: ID)' : ''} { calls${filter} { totalCount nodes { id } } }`;
    const see = async (client: Client): Promise<Loose> =>
      (await client.data(query, { owner: owner.id })).calls;
    expect(await see(colleague.client)).toEqual({ totalCount: 0, nodes: [] });
    // The words of a transcript need not hold the name; all other filters must find the call.
    if (!filter.includes('search')) {
      expect(await see(owner.client)).toEqual({ totalCount: 1, nodes: [{ id: call }] });
      expect(await see(admin)).toEqual({ totalCount: 1, nodes: [{ id: call }] });
    }
  });

  it('count none of each other’s calls on their dashboards; the admin counts all of them, and the users', async () => {
    const see = async (client: Client): Promise<Loose> =>
      (await client.data(`{ dashboard { ${DASHBOARD} } }`)).dashboard;
    expect(await see(colleague.client)).toMatchObject({ totalCalls: 0, totalUsers: null, recentCalls: [] });
    expect((await see(colleague.client)).callsByDay.every(({ count }: Loose) => count === 0)).toBe(true);
    expect(await see(owner.client)).toMatchObject({
      totalCalls: 1,
      totalUsers: null,
      recentCalls: [{ id: call }],
    });
    expect(await see(admin)).toMatchObject({ totalCalls: 1, totalUsers: 3, recentCalls: [{ id: call }] });
  });

  it('hear nothing of each other’s calls, neither stored nor live; the admin hears all of both', async () => {
    const feed = 'subscription { callEvents(after: "") { callId } }';
    const [heard, all] = [colleague.client.subscribe(feed), admin.subscribe(feed)];
    const dashboards = colleague.client.subscribe(`subscription { dashboard { ${DASHBOARD} } }`);
    await all.value(({ callEvents }) => callEvents.callId === call);
    const theirs = await startCall(owner.client);
    await callWithStatus(owner.client, theirs.id, 'COMPLETED');
    // His own call comes behind all of that in the feed, so whatever was to be heard of it has been.
    const own = await startCall(colleague.client);
    await heard.value(({ callEvents }) => callEvents.callId === own.id);
    await dashboards.value(({ dashboard }) => dashboard.totalCalls === 1);
    await all.value(({ callEvents }) => callEvents.callId === own.id);
    expect(new Set(heard.values.map(({ callEvents }) => callEvents.callId))).toEqual(new Set([own.id]));
    expect(new Set(all.values.map(({ callEvents }) => callEvents.callId))).toEqual(
      new Set([call, theirs.id, own.id]),
    );
    expect(dashboards.values.every(({ dashboard }) => dashboard.totalCalls <= 1)).toBe(true);
    for (const stream of [heard, all, dashboards]) stream.stop();
  });

  it('never see who a colleague is', async () => {
    const { user, node } = await colleague.client.data(
      'query ($id: ID!) { user(id: $id) { id } node(id: $id) { id } }',
      { id: owner.id },
    );
    expect([user, node]).toEqual([null, null]);
    expect((await admin.data('query ($id: ID!) { user(id: $id) { id } }', { id: owner.id })).user).toEqual({
      id: owner.id,
    });
  });

  it('S31 see recordings of their own calls alone, the admin of all', async () => {
    const query = 'query ($id: ID!) { call(id: $id) { recording { url } } }';
    const see = async (client: Client): Promise<Loose> => (await client.data(query, { id: call })).call;
    for (const deadline = Date.now() + 20_000; !(await see(owner.client)).recording;)
      expect(Date.now()).toBeLessThan(deadline);
    for (const client of [owner.client, admin])
      expect(await see(client)).toEqual({ recording: { url: expect.stringMatching(/^http/) } });
    expect(await see(colleague.client)).toBeNull();
  });

  it('S31 are told neither numbers that were dialled nor keys: no field has any, but what is shown once', () => {
    const { schema } = server.app.get(GraphQLSchemaHost);
    const told = Object.values(schema.getTypeMap())
      .filter(type => isObjectType(type) && !ROOTS.includes(type.name))
      .flatMap(type =>
        Object.keys((type as GraphQLObjectType).getFields()).map(field => `${type.name}.${field}`),
      )
      .filter(field => /phone|number$|secret|hash|password|key/i.test(field.split('.')[1] ?? ''));
    expect(told.sort()).toEqual([
      'AuditEvent.hash',
      'AuditVerification.headHash',
      'CreateApiKeyPayload.apiKey',
      'CreateApiKeyPayload.secret',
      'CreateWebhookPayload.secret',
      'TenantSettings.hasUltravoxApiKey',
    ]);
  });

  it('are steered by the admin, who may also delete their calls', async () => {
    expect(await admin.data('mutation ($id: ID!) { endCall(id: $id) { id } }', { id: call })).toEqual({
      endCall: { id: call },
    });
    expect(await admin.data('mutation ($id: ID!) { deleteCall(id: $id) }', { id: call })).toEqual({
      deleteCall: call,
    });
    expect(
      (await owner.client.data('query ($id: ID!) { call(id: $id) { id } }', { id: call })).call,
    ).toBeNull();
  });
});
