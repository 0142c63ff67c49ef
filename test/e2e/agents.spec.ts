import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AnswerError } from '../kit/answer-error.js';
import type { Client, Loose } from '../kit/client.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const AGENT = `id name version systemPrompt model voice languageHint temperature recordingEnabled
  maxDurationSeconds firstSpeaker`;
const CREATE = `mutation ($input: CreateAgentInput!) { createAgent(input: $input) { ${AGENT} } }`;
const UPDATE = `mutation ($input: UpdateAgentInput!) { updateAgent(input: $input) { ${AGENT} } }`;
const RESTORE = `mutation ($id: ID!, $version: Int!) { restoreAgentVersion(agentId: $id, version: $version) { ${AGENT} } }`;
const DELETE = 'mutation ($id: ID!) { deleteAgent(id: $id) }';
const FIND = `query ($id: ID!) { agent(id: $id) { ${AGENT} } }`;
const LIST = '{ agents { totalCount nodes { name } } }';
const VERSIONS = `query ($id: ID!, $first: Int, $after: String) {
  agent(id: $id) {
    versions(first: $first, after: $after) {
      totalCount nodes { version systemPrompt createdBy { email } } pageInfo { endCursor hasNextPage }
    }
  }
}`;

describe('Agents', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let other: SeededTenant;
  let admin: Client;
  let agent: Loose;

  beforeAll(async () => {
    server = await startTestServer();
    other = await seedTenant(server);
  });
  beforeEach(async () => {
    tenant = await seedTenant(server);
    admin = tenant.admin.client;
    ({ createAgent: agent } = await admin.data(CREATE, {
      input: { name: 'Support', systemPrompt: 'Help {{name}}.' },
    }));
  });
  afterAll(() => server.stop());

  const update = async (input: object): Promise<Loose> =>
    (await admin.data(UPDATE, { input: { id: agent.id, ...input } })).updateAgent;
  const versions = async (client: Client, page: object = {}): Promise<Loose> =>
    (await client.data(VERSIONS, { id: agent.id, ...page })).agent.versions;
  const codeOf = async (refusal: Promise<AnswerError>) => (await refusal).extensions.code;
  const fieldsOf = async (refusal: Promise<AnswerError>) =>
    Object.keys((await refusal).extensions.fields ?? {});

  it('starts at version 1 with defaults', () => {
    expect(agent).toMatchObject({
      name: 'Support',
      version: 1,
      systemPrompt: 'Help {{name}}.',
      model: null,
      voice: null,
      languageHint: null,
      temperature: null,
      recordingEnabled: true,
      maxDurationSeconds: 3600,
      firstSpeaker: 'AGENT',
    });
  });

  it('makes a version of each change and none of what changes nothing', async () => {
    expect(await update({ temperature: 0.4, voice: 'Mark' })).toMatchObject({ version: 2, temperature: 0.4 });
    expect(await update({ temperature: 0.4 })).toMatchObject({ version: 2, voice: 'Mark' });
    expect(await update({ voice: null })).toMatchObject({ version: 3, voice: null, temperature: 0.4 });
  });

  it('loses no version when several change it at the same time', async () => {
    const changed = await Promise.all([1, 2, 3, 4, 5].map(n => update({ systemPrompt: `Prompt ${n}` })));
    expect(changed.map(({ version }) => version as number).sort()).toEqual([2, 3, 4, 5, 6]);
    const { totalCount, nodes } = await versions(admin);
    expect(totalCount).toBe(6);
    for (const { version, systemPrompt } of changed) {
      expect(nodes).toContainEqual(expect.objectContaining({ version, systemPrompt }));
    }
  });

  it('restores an old version as a new one', async () => {
    await update({ systemPrompt: 'Worse.', temperature: 1, name: 'Worse' });
    const { restoreAgentVersion } = await admin.data(RESTORE, { id: agent.id, version: 1 });
    expect(restoreAgentVersion).toEqual({ ...agent, version: 3 });
    expect(await codeOf(admin.refusal(RESTORE, { id: agent.id, version: 9 }))).toBe('NOT_FOUND');
  });

  it('gives a call its newest version or the one that it names, and the call keeps it', async () => {
    const START =
      'mutation ($input: CreateCallInput!) { createCall(input: $input) { id agentVersion systemPrompt } }';
    const start = async (input: object): Promise<Loose> =>
      (await admin.data(START, { input: { agentId: agent.id, variables: { name: 'Ada' }, ...input } }))
        .createCall;
    await update({ systemPrompt: 'Serve {{name}}.' });
    const newest = await start({});
    expect(newest).toMatchObject({ agentVersion: 2, systemPrompt: 'Serve Ada.' });
    expect(await start({ agentVersion: 1 })).toMatchObject({ agentVersion: 1, systemPrompt: 'Help Ada.' });
    expect(await start({ agentVersion: 2 })).toMatchObject({ agentVersion: 2, systemPrompt: 'Serve Ada.' });
    await update({ systemPrompt: 'Ignore {{name}}.' });
    await admin.data(DELETE, { id: agent.id });
    const READ = 'query ($id: ID!) { call(id: $id) { id agentVersion systemPrompt } }';
    expect((await admin.data(READ, { id: newest.id })).call).toEqual(newest);
  });

  it('makes no call with a version that never was, without an agent, or with placeholders left open', async () => {
    const START = 'mutation ($input: CreateCallInput!) { createCall(input: $input) { id } }';
    const refused = (input: object, client = admin) => client.refusal(START, { input });
    const variables = { name: 'Ada' };
    expect(await codeOf(refused({ agentId: agent.id, agentVersion: 2, variables }))).toBe('NOT_FOUND');
    expect(await codeOf(refused({ agentId: agent.id, variables }, other.admin.client))).toBe('NOT_FOUND');
    expect(await fieldsOf(refused({ systemPrompt: 'Hello.', agentVersion: 1 }))).toEqual([
      'input.agentVersion',
    ]);
    expect(await fieldsOf(refused({ agentId: agent.id, agentVersion: 0, variables }))).toEqual([
      'input.agentVersion',
    ]);
    await update({ systemPrompt: '{{greeting}} {{ name }}, {{greeting}} {{company}}.' });
    const open = await refused({ agentId: agent.id, variables });
    expect(open.extensions.fields).toEqual({ 'input.variables': 'has no value for greeting, company' });
    expect((await admin.data('{ calls { totalCount } }')).calls.totalCount).toBe(0);
  });

  it('pages through the versions, newest first; who made them only admins see', async () => {
    await update({ systemPrompt: 'Two.' });
    await update({ systemPrompt: 'Three.' });
    const first = await versions(admin, { first: 2 });
    expect(first).toMatchObject({
      totalCount: 3,
      nodes: [{ version: 3 }, { version: 2 }],
      pageInfo: { hasNextPage: true },
    });
    expect(first.nodes[0].createdBy).toEqual({ email: tenant.admin.email });
    const second = await versions(admin, { first: 2, after: first.pageInfo.endCursor });
    expect(second).toMatchObject({ nodes: [{ version: 1 }], pageInfo: { hasNextPage: false } });
    const user = await tenant.user();
    expect((await versions(user.client)).nodes[0]).toMatchObject({ version: 3, createdBy: null });
  });

  it('lists the agents of the tenant, newest first, and no deleted ones', async () => {
    await admin.data(CREATE, { input: { name: 'Second', systemPrompt: 'Go.', firstSpeaker: 'USER' } });
    const user = await tenant.user();
    expect((await user.client.data(LIST)).agents).toEqual({
      totalCount: 2,
      nodes: [{ name: 'Second' }, { name: 'Support' }],
    });
    expect(await admin.data(DELETE, { id: agent.id })).toEqual({ deleteAgent: agent.id });
    expect((await user.client.data(LIST)).agents).toEqual({ totalCount: 1, nodes: [{ name: 'Second' }] });
    expect((await admin.data(FIND, { id: agent.id })).agent).toBeNull();
    for (const [query, variables] of [
      [DELETE, { id: agent.id }],
      [UPDATE, { input: { id: agent.id, name: 'Back' } }],
      [RESTORE, { id: agent.id, version: 1 }],
    ] as const) {
      expect(await codeOf(admin.refusal(query, variables))).toBe('NOT_FOUND');
    }
  });

  it('S26 is unknown to another tenant, in the words of an id that never was', async () => {
    const { client } = other.admin;
    expect((await client.data(FIND, { id: agent.id })).agent).toBeNull();
    for (const [query, ask] of [
      [DELETE, (id: string) => ({ id })],
      [UPDATE, (id: string) => ({ input: { id, name: 'Mine' } })],
      [RESTORE, (id: string) => ({ id, version: 1 })],
    ] as const) {
      const ids = [agent.id as string, 'agent_000000000000000000000000', 'junk'];
      const answers = await Promise.all(ids.map(id => client.refusal(query, ask(id))));
      expect(new Set(answers.map(({ message, extensions }) => `${extensions.code} ${message}`)).size).toBe(1);
      expect(answers[0]?.extensions.code).toBe('NOT_FOUND');
    }
    expect((await admin.data(FIND, { id: agent.id })).agent).toEqual(agent);
  });

  it('S30 is changed by admins only', async () => {
    const { client } = await tenant.user();
    for (const [query, variables] of [
      [CREATE, { input: { name: 'Mine', systemPrompt: 'x' } }],
      [UPDATE, { input: { id: agent.id, name: 'Mine' } }],
      [RESTORE, { id: agent.id, version: 1 }],
      [DELETE, { id: agent.id }],
    ] as const) {
      expect(await codeOf(client.refusal(query, variables))).toBe('FORBIDDEN');
    }
    expect((await admin.data(LIST)).agents.totalCount).toBe(1);
  });

  it('refuses what no call could use, naming each field', async () => {
    const input = {
      name: 'x'.repeat(65),
      systemPrompt: ' ',
      temperature: 1.5,
      languageHint: 'not a tag',
      maxDurationSeconds: 0,
    };
    expect((await fieldsOf(admin.refusal(CREATE, { input }))).sort()).toEqual([
      'input.languageHint',
      'input.maxDurationSeconds',
      'input.name',
      'input.systemPrompt',
      'input.temperature',
    ]);
    expect(
      await fieldsOf(admin.refusal(UPDATE, { input: { id: agent.id, systemPrompt: null, name: null } })),
    ).toEqual(['input.name', 'input.systemPrompt']);
    expect((await admin.data(FIND, { id: agent.id })).agent).toEqual(agent);
  });

  it('stands in the audit log with what has changed', async () => {
    await update({ voice: 'Mark' });
    await admin.data(RESTORE, { id: agent.id, version: 1 });
    await admin.data(DELETE, { id: agent.id });
    const filter = { actions: ['agent.created', 'agent.updated', 'agent.deleted'] };
    const { auditEvents } = await admin.data(
      'query ($filter: AuditFilter) { auditEvents(filter: $filter) { nodes { action details } } }',
      { filter },
    );
    expect(auditEvents.nodes).toEqual([
      { action: 'agent.deleted', details: { agentId: agent.id, name: 'Support' } },
      {
        action: 'agent.updated',
        details: { agentId: agent.id, version: 3, changed: ['voice'], restored: 1 },
      },
      { action: 'agent.updated', details: { agentId: agent.id, version: 2, changed: ['voice'] } },
      { action: 'agent.created', details: { agentId: agent.id, name: 'Support' } },
    ]);
  });
});
