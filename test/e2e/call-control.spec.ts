import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseObjectId } from '../../src/mongo/object-id.js';
import { TenantDirectory } from '../../src/tenancy/tenant-directory.js';
import type { Client, Loose } from '../kit/client.js';
import { callWithStatus, seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const END = 'mutation ($id: ID!) { endCall(id: $id) { id status endReason } }';
const DELETE = 'mutation ($id: ID!) { deleteCall(id: $id) }';
const SAY = 'mutation ($input: SendCallMessageInput!) { sendCallMessage(input: $input) { id status } }';

describe('Whoever made a call', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let client: Client;

  beforeAll(async () => {
    server = await startTestServer({ simulator: { speed: 5 } });
    tenant = await seedTenant(server);
    ({ client } = tenant.admin);
  });
  afterAll(() => server.stop());

  const simulatorFaults = (faults: object[]) =>
    fetch(`${server.simulator.url}/simulator/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(faults),
    });

  const transcriptOf = async (id: string): Promise<Loose[]> => {
    const { call } = await client.data(
      'query ($id: ID!) { call(id: $id) { transcript { nodes { speaker text medium } } } }',
      { id },
    );
    return call.transcript.nodes;
  };

  it('hangs up while it is live', async () => {
    const { id } = await startCall(client);
    await callWithStatus(client, id, 'IN_PROGRESS');
    const { endCall } = await client.data(END, { id });
    expect(endCall).toMatchObject({ id });
    expect(await callWithStatus(client, id, 'COMPLETED')).toMatchObject({ endReason: 'HANGUP' });
  });

  it('takes it back while nobody has joined', async () => {
    await simulatorFaults([{ kind: 'never-joins', metadata: { key: 'test', value: 'take-back' } }]);
    const { id } = await startCall(client, { metadata: { test: 'take-back' } });
    const { endCall } = await client.data(END, { id });
    expect(endCall).toMatchObject({ id, status: 'ENDED', endReason: 'CANCELLED' });
  });

  it('gets a call that is over as it is', async () => {
    const { id } = await startCall(client);
    const over = await callWithStatus(client, id, 'COMPLETED');
    expect((await client.data(END, { id })).endCall).toEqual(over);
  });

  it('says something into it, and only while it is live', async () => {
    // Long enough for both messages, however busy the machine is.
    await simulatorFaults([{ kind: 'conversation', seconds: 60, metadata: { key: 'test', value: 'say' } }]);
    const { id } = await startCall(client, { metadata: { test: 'say' } });
    await callWithStatus(client, id, 'IN_PROGRESS');
    await client.data(SAY, { input: { callId: id, kind: 'USER_TEXT', text: 'Is there parking?' } });
    await client.data(SAY, { input: { callId: id, kind: 'AGENT_SAYS', text: 'We close at noon.' } });
    await callWithStatus(client, id, 'COMPLETED');
    const refusal = await client.refusal(SAY, { input: { callId: id, kind: 'USER_TEXT', text: 'Too late' } });
    expect(refusal.extensions.code).toBe('CONFLICT');
    const deadline = Date.now() + 10_000;
    let lines: Loose[] = [];
    while (Date.now() < deadline && !lines.some(line => line.text.includes('We close at noon.'))) {
      lines = await transcriptOf(id);
    }
    expect(lines).toContainEqual({ speaker: 'USER', text: 'Is there parking?', medium: 'TEXT' });
    expect(lines.some(line => line.speaker === 'AGENT' && line.text.includes('We close at noon.'))).toBe(
      true,
    );
  });

  it('deletes it once it is over: its content goes, its events stay', async () => {
    const { id } = await startCall(client, { variables: { name: 'Slartibartfast' } });
    expect((await client.refusal(DELETE, { id })).extensions.code).toBe('CONFLICT');
    await callWithStatus(client, id, 'COMPLETED');
    expect(await client.data(DELETE, { id })).toEqual({ deleteCall: id });
    expect(await client.data('query ($id: ID!) { call(id: $id) { id } }', { id })).toEqual({ call: null });
    expect((await client.refusal(DELETE, { id })).extensions.code).toBe('NOT_FOUND');

    const stream = client.subscribe(
      `subscription ($id: ID) { callEvents(callId: $id, after: "") {
        __typename sequence call { id } ... on CallUtteranceAdded { utterance { text } } } }`,
      { id },
    );
    await stream.value(({ callEvents }) => callEvents.__typename === 'CallDeleted');
    stream.stop();
    const events = stream.values.map(({ callEvents }) => callEvents);
    expect(events.map(event => event.sequence)).toEqual(events.map((_event, index) => index + 1));
    expect(events.every(event => event.call === null)).toBe(true);
    expect(JSON.stringify(events)).not.toContain('Slartibartfast');
    const search = await client.data('{ calls(filter: { search: "slartibartfast" }) { totalCount } }');
    expect(search.calls.totalCount).toBe(0);
  });

  it('has the provider dial a number, and gets no join address then', async () => {
    const call = await startCall(client, { medium: 'PHONE', phoneNumber: '+4915112345678' });
    expect(call.joinUrl).toBeNull();
    await callWithStatus(client, call.id, 'COMPLETED');
  });

  it('cannot blow a prompt up by its placeholders', async () => {
    const refusal = await client.refusal(
      'mutation ($input: CreateCallInput!) { createCall(input: $input) { id } }',
      {
        input: { systemPrompt: '{{a}}'.repeat(1000), variables: { a: 'x'.repeat(10_000) } },
      },
    );
    expect(refusal.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: { 'input.variables': expect.any(String) },
    });
  });

  it('waits for a free place when all are taken, and is told its own', async () => {
    const other = await seedTenant(server);
    const tenantId = parseObjectId(other.id.replace('tenant_', ''));
    if (!tenantId) throw new Error('The id of a tenant is an ObjectId');
    await server.app
      .get(TenantDirectory, { strict: false })
      .update(tenantId, { $set: { 'limits.maxConcurrentCalls': 1 } });
    // It must not be over before the others have come, however busy the machine is.
    await simulatorFaults([
      { kind: 'conversation', seconds: 300, metadata: { key: 'test', value: 'first' } },
    ]);
    const first = await startCall(other.admin.client, { metadata: { test: 'first' } });
    const second = await startCall(other.admin.client);
    const third = await startCall(other.admin.client, { maxQueueSeconds: 1 });
    expect([first.status, second.status]).toEqual(['RINGING', 'QUEUED']);
    const { call } = await other.admin.client.data('query ($id: ID!) { call(id: $id) { queuePosition } }', {
      id: second.id,
    });
    expect(call.queuePosition).toBe(1);
    const positions = other.admin.client.subscribe('subscription ($id: ID!) { queuePosition(callId: $id) }', {
      id: second.id,
    });
    expect(await callWithStatus(other.admin.client, third.id, 'ENDED')).toMatchObject({
      endReason: 'QUEUE_EXPIRED',
    });
    await other.admin.client.data(END, { id: first.id });
    await callWithStatus(other.admin.client, second.id, 'COMPLETED');
    await positions.until(({ isComplete }) => isComplete);
    expect(positions.values.map(({ queuePosition }) => queuePosition)).toEqual([1, null]);
  });
});
