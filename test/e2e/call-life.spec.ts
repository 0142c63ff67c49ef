import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Loose } from '../kit/client.js';
import { seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const EVENTS = `subscription ($callId: ID, $after: String) {
  callEvents(callId: $callId, after: $after) {
    __typename id cursor sequence callId
    ... on CallStatusChanged { status previousStatus endReason }
    ... on CallUtteranceAdded { utterance { ordinal speaker text } }
    ... on CallTranscriptSettled { utteranceCount }
    ... on CallSummaryReady { summary }
    ... on CallRecordingReady { recording { url contentType } }
    call { id status joinUrl }
  }
}`;

describe('The life of a call', () => {
  let server: TestServer;
  let tenant: SeededTenant;

  beforeAll(async () => {
    server = await startTestServer();
    tenant = await seedTenant(server);
  });
  afterAll(() => server.stop());

  it('goes from its creation to its summary, and every step is heard live, once and in order', async () => {
    const { client } = tenant.admin;
    const stream = client.subscribe(EVENTS, { after: '' });
    const call = await startCall(client, {
      variables: { name: 'Zaphod Beeblebrox' },
      metadata: { order: '42' },
    });
    // The simulator runs ten times faster here, so somebody may have joined by now.
    expect(['RINGING', 'IN_PROGRESS']).toContain(call.status);
    expect(call.joinUrl).toMatch(/^wss?:/);

    const types = () => stream.values.map(({ callEvents }) => callEvents.__typename as string);
    await stream.until(() =>
      ['CallTranscriptSettled', 'CallSummaryReady', 'CallRecordingReady'].every(type =>
        types().includes(type),
      ),
    );
    stream.stop();

    const events = stream.values.map(({ callEvents }) => callEvents);
    expect(events.map(event => event.sequence)).toEqual(events.map((_event, index) => index + 1));
    const statuses = events.filter(event => event.__typename === 'CallStatusChanged');
    expect(statuses.map(({ previousStatus, status }) => [previousStatus, status])).toEqual([
      [null, 'QUEUED'],
      ['QUEUED', 'RINGING'],
      ['RINGING', 'IN_PROGRESS'],
      ['IN_PROGRESS', 'COMPLETED'],
    ]);
    expect(events.every(event => event.call.joinUrl === null)).toBe(true);

    const { call: after } = await client.data(
      `query ($id: ID!) { call(id: $id) {
        status endReason durationSeconds billedSeconds joinUrl metadata summary shortSummary isSimulated
        recording { url contentType } createdBy { email }
        transcript { totalCount nodes { ordinal speaker text startedAt endedAt } }
        events { totalCount nodes { sequence cursor } }
      } }`,
      { id: call.id },
    );
    expect(after).toMatchObject({
      status: 'COMPLETED',
      endReason: 'HANGUP',
      joinUrl: null,
      metadata: { order: '42' },
      isSimulated: true,
      createdBy: { email: tenant.admin.email },
    });
    expect(after.summary).toBeTruthy();
    expect(
      after.transcript.nodes.some((node: { text: string }) => node.text.includes('Zaphod Beeblebrox')),
    ).toBe(true);
    expect(after.events.nodes.map((node: { cursor: string }) => node.cursor)).toEqual(
      events.map(event => event.cursor),
    );

    const recording = await fetch(after.recording.url as string);
    expect(recording.headers.get('content-type')).toBe('audio/wav');
    expect((await recording.arrayBuffer()).byteLength).toBeGreaterThan(1000);
  });

  it('ends with the transcript that the provider has settled on, and its words are found in its tenant alone', async () => {
    const { client } = tenant.admin;
    const { id } = await startCall(client, { variables: { name: 'Eccentrica' } });
    const stream = client.subscribe(EVENTS, { callId: id, after: '' });
    await stream.until(({ values }) =>
      ['CallTranscriptSettled', 'CallSummaryReady'].every(type =>
        values.some(({ callEvents }) => callEvents.__typename === type),
      ),
    );
    stream.stop();
    const { call } = await client.data(
      `query ($id: ID!) { call(id: $id) {
        providerCallId joinedAt summary transcript { nodes { ordinal speaker text medium startedAt endedAt } }
      } }`,
      { id },
    );
    const messages = await fetch(
      `${server.simulator.url}/api/calls/${call.providerCallId as string}/messages?mode=in_call&pageSize=200`,
      { headers: { 'X-API-Key': 'simulator' } },
    ).then(response => response.json() as Promise<{ results: Loose[] }>);
    const moment = (offset: string) =>
      new Date(Date.parse(call.joinedAt as string) + Number(offset.slice(0, -1)) * 1000).toISOString();
    expect(call.transcript.nodes).toEqual(
      messages.results.map(({ role, text, medium, wallClockTimespan }, ordinal) => ({
        ordinal,
        speaker: role === 'MESSAGE_ROLE_USER' ? 'USER' : 'AGENT',
        text,
        medium: medium === 'MESSAGE_MEDIUM_VOICE' ? 'VOICE' : 'TEXT',
        startedAt: moment(wallClockTimespan.start as string),
        endedAt: moment(wallClockTimespan.end as string),
      })),
    );

    const search = 'query ($search: String!) { calls(filter: { search: $search }) { nodes { id } } }';
    const found = async (words: string, by = client) =>
      (await by.data(search, { search: words })).calls.nodes.map((node: Loose) => node.id);
    const stranger = (await seedTenant(server)).admin.client;
    const summaryWords = (call.summary as string).split(/\W+/).slice(0, 5).join(' ');
    for (const words of ['eccentrica', 'ECCENTRICA', summaryWords]) {
      expect(await found(words)).toContain(id);
      expect(await found(words, stranger)).toEqual([]);
    }
    expect(await found('eccentrica unsaid')).toEqual([]);
  });
});
