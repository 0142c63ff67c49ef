import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client, Loose } from '../kit/client.js';
import { callWithStatus, seedTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const PATH = [
  [null, 'QUEUED'],
  ['QUEUED', 'RINGING'],
  ['RINGING', 'IN_PROGRESS'],
];

describe('A call ends the same', () => {
  let server: TestServer;
  let client: Client;

  beforeAll(async () => {
    server = await startTestServer();
    ({ client } = (await seedTenant(server)).admin);
  });
  afterEach(() => fetch(`${server.simulator.url}/simulator/faults`, { method: 'DELETE' }));
  afterAll(() => server.stop());

  const callWith = async (...faults: object[]): Promise<string> => {
    await fetch(`${server.simulator.url}/simulator/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(faults),
    });
    return (await startCall(client, { variables: { name: 'Marvin' } })).id as string;
  };

  /** Waits until nothing is left to settle, and returns what is stored and what the provider has. */
  const settled = async (id: string): Promise<{ call: Loose; steps: Loose[]; messages: Loose[] }> => {
    await callWithStatus(client, id, 'COMPLETED', 'FAILED', 'ENDED');
    const stream = client.subscribe(
      `subscription ($id: ID) { callEvents(callId: $id, after: "") {
        __typename ... on CallStatusChanged { status previousStatus } } }`,
      { id },
    );
    await stream.value(({ callEvents }) => callEvents.__typename === 'CallTranscriptSettled');
    stream.stop();
    const { call } = await client.data(
      'query ($id: ID!) { call(id: $id) { status endReason failure providerCallId transcript { nodes { ordinal text } } } }',
      { id },
    );
    const answer = await fetch(
      `${server.simulator.url}/api/calls/${call.providerCallId as string}/messages?mode=in_call&pageSize=500`,
      { headers: { 'x-api-key': 'any' } },
    );
    const { results } = (await answer.json()) as { results: Loose[] };
    const steps = stream.values
      .map(({ callEvents }) => callEvents)
      .filter(({ __typename: type }) => type === 'CallStatusChanged')
      .map(({ previousStatus, status }) => [previousStatus, status]);
    return { call, steps, messages: results };
  };

  const expectWhole = async (id: string) => {
    const { call, steps, messages } = await settled(id);
    expect(call).toMatchObject({ status: 'COMPLETED', endReason: 'HANGUP', failure: null });
    expect(steps).toEqual([...PATH, ['IN_PROGRESS', 'COMPLETED']]);
    expect(call.transcript.nodes.map((node: Loose) => node.text)).toEqual(
      messages.map(message => message.text),
    );
    expect(messages.length).toBeGreaterThan(2);
  };

  it('when every webhook is lost', async () => {
    await expectWhole(await callWith({ kind: 'webhook-lost' }));
  });

  it('when every webhook comes five times', async () => {
    await expectWhole(await callWith({ kind: 'webhook-duplicated', copies: 4 }));
  });

  it('when the webhooks come in the wrong order', async () => {
    await expectWhole(await callWith({ kind: 'webhook-reordered' }));
  });

  it('when the signatures of the webhooks are wrong', async () => {
    await expectWhole(await callWith({ kind: 'webhook-bad-signature' }));
  });

  it('when the webhooks carry old timestamps', async () => {
    await expectWhole(await callWith({ kind: 'webhook-stale-timestamp', ageMs: 120_000 }));
  });

  it('when the data connection breaks in the middle, and every webhook is lost', async () => {
    await expectWhole(await callWith({ kind: 'data-cut', afterMs: 1500 }, { kind: 'webhook-lost' }));
  });

  it('when there is no data connection at all', async () => {
    await expectWhole(await callWith({ kind: 'data-refused' }));
  });

  it.each([
    ['timeout', 'COMPLETED', 'TIMEOUT'],
    ['agent_hangup', 'COMPLETED', 'AGENT_HANGUP'],
    ['connection_error', 'FAILED', 'CONNECTION_ERROR'],
    ['system_error', 'FAILED', 'SYSTEM_ERROR'],
    ['a_reason_of_next_year', 'COMPLETED', 'OTHER'],
  ])('and tells %s as %s, %s', async (reason, status, endReason) => {
    const { call, steps } = await settled(await callWith({ kind: 'end-reason', reason, afterMs: 1000 }));
    expect(call).toMatchObject({ status, endReason });
    expect(steps.at(-1)).toEqual(['IN_PROGRESS', status]);
    if (status === 'FAILED') expect(call.failure).toBeTruthy();
  });
});
