import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Loose } from '../kit/client.js';
import { FEED, heardBy, type HeardEvent, produceEvents, sequencesByCall, upTo } from '../kit/events.js';
import { LiveSocket } from '../kit/live-socket.js';
import { seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const SEQUENCES = 'query ($id: ID!) { call(id: $id) { status events { nodes { sequence cursor } } } }';

describe('A subscriber that comes back', () => {
  let server: TestServer;
  let beside: TestServer;
  let tenant: SeededTenant;

  beforeAll(async () => {
    server = await startTestServer({ simulator: { speed: 10 } });
    beside = await startTestServer({ beside: server });
    tenant = await seedTenant(server);
  });
  afterAll(async () => {
    await beside.stop();
    await server.stop();
  });

  /** Waits until nothing more comes for some calls, and returns their events as the list has them. */
  async function settled(ids: readonly string[]): Promise<Record<string, number[]>> {
    const all: Record<string, number[]> = {};
    for (const id of ids) {
      const stream = tenant.admin.client.subscribe(
        'subscription ($id: ID!) { callEvents(callId: $id, after: "") { __typename } }',
        { id },
      );
      const types = () => stream.values.map(({ callEvents }) => callEvents.__typename as string);
      await stream.until(() =>
        ['CallTranscriptSettled', 'CallSummaryReady', 'CallRecordingReady'].every(type =>
          types().includes(type),
        ),
      );
      stream.stop();
      const { call } = await tenant.admin.client.data(SEQUENCES, { id });
      all[id] = (call.events.nodes as HeardEvent[]).map(({ sequence }) => sequence);
    }
    return all;
  }

  it('hears every event of several calls once and in order, though its line is cut three times on the way', async () => {
    const heard: HeardEvent[] = [];
    const { eventCursor } = await tenant.admin.client.data('{ eventCursor }');
    const calls: Loose[] = [];
    const listen = ({ url }: TestServer) =>
      new LiveSocket(url, tenant.admin.accessToken, FEED, { after: heard.at(-1)?.cursor ?? eventCursor });

    for (const at of [server, beside, server]) {
      const line = listen(at);
      calls.push(...(await Promise.all([startCall(tenant.admin.client), startCall(tenant.admin.client)])));
      await line.stream.until(({ values }) => values.length >= 4);
      await line.cut();
      heard.push(...heardBy(line.stream));
    }
    const line = listen(beside);
    const expected = await settled(calls.map(({ id }) => id as string));
    const count = Object.values(expected).flat().length;
    await line.stream.until(({ values }) => heard.length + values.length >= count);
    await line.cut();
    heard.push(...heardBy(line.stream));
    expect(sequencesByCall(heard)).toEqual(expected);
    for (const sequences of Object.values(expected)) expect(sequences).toEqual(upTo(sequences.length));
  });

  it('misses nothing between the list and the stream when it has read the cursor first', async () => {
    await produceEvents(server, tenant, { count: 3 });
    const { eventCursor } = await tenant.admin.client.data('{ eventCursor }');
    const id = await produceEvents(server, tenant, { count: 5 });
    await tenant.admin.client.data('{ calls { nodes { id } } }');
    const stream = tenant.admin.client.subscribe(FEED, { after: eventCursor });
    await stream.until(({ values }) => values.length >= 5);
    expect(sequencesByCall(heardBy(stream))).toEqual({ [id]: upTo(5) });
    stream.stop();
  });

  it('hears at one server what happens at another', async () => {
    const stream = beside.client(tenant.admin.client.credential).subscribe(FEED, { after: null });
    const other = tenant.admin.client.subscribe(FEED, { after: null });
    const call = await startCall(tenant.admin.client);
    for (const listening of [stream, other]) {
      await listening.until(() =>
        heardBy(listening).some(event => event.callId === call.id && event.sequence >= 3),
      );
      expect(sequencesByCall(heardBy(listening))[call.id as string]?.slice(0, 3)).toEqual([1, 2, 3]);
      listening.stop();
    }
  });

  it('is told, and not served from somewhere else, when its cursor is not of this feed', async () => {
    const other = await seedTenant(server);
    const { eventCursor } = await other.admin.client.data('{ eventCursor }');
    const stream = tenant.admin.client.subscribe(FEED, { after: eventCursor });
    await stream.until(({ errors }) => errors.length > 0);
    expect(stream.errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});
