import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { FEED, heardBy, produceEvents, sequencesByCall, upTo } from '../kit/events.js';
import { seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { Valkey } from '../kit/valkey.js';

// A rejection that nobody handles fails the test by itself: the test runner listens for it.
describe('Events while Redis fails', () => {
  let valkey: Valkey;
  let server: TestServer;
  let beside: TestServer;
  let tenant: SeededTenant;

  beforeAll(async () => {
    valkey = await Valkey.start();
    server = await startTestServer({ env: { REDIS_URL: valkey.url } });
    beside = await startTestServer({ beside: server, env: { REDIS_URL: valkey.url } });
    tenant = await seedTenant(server);
  });
  afterAll(async () => {
    await beside.stop();
    await server.stop();
    await valkey.kill();
  });

  const listenBeside = (after: string | null) =>
    beside.client(tenant.admin.client.credential).subscribe(FEED, { after });

  /** Waits until a call's last events are heard, and checks that all of them were, once and in order. */
  async function hearsAll(stream: ReturnType<typeof listenBeside>, callId: string): Promise<void> {
    const types = () =>
      stream.values.flatMap(({ callEvents }) =>
        callEvents.callId === callId ? [callEvents.__typename as string] : [],
      );
    await stream.until(() =>
      ['CallTranscriptSettled', 'CallSummaryReady', 'CallRecordingReady'].every(type =>
        types().includes(type),
      ),
    );
    const sequences = sequencesByCall(heardBy(stream))[callId] ?? [];
    expect(sequences).toEqual(upTo(sequences.length));
    stream.stop();
  }

  it('arrive at every server though Redis is killed during a call, stays away, and comes back empty', async () => {
    const stream = listenBeside(null);
    await stream.until(() => true);
    const call = await startCall(tenant.admin.client);
    await stream.value(({ callEvents }) => callEvents.callId === call.id);
    await valkey.kill();
    await hearsAll(stream, call.id as string);

    // Also for those who come while it is away.
    const late = listenBeside('');
    const other = await produceEvents(server, tenant, { count: 20 });
    await late.until(() => sequencesByCall(heardBy(late))[other]?.length === 20);
    expect(sequencesByCall(heardBy(late))[other]).toEqual(upTo(20));

    await valkey.start();
    const third = await produceEvents(server, tenant, { count: 20 });
    await late.until(() => sequencesByCall(heardBy(late))[third]?.length === 20);
    expect(sequencesByCall(heardBy(late))[third]).toEqual(upTo(20));
    late.stop();
  });

  it('arrive though Redis is emptied again and again during a call', async () => {
    const redis = new Redis(valkey.url);
    const stream = listenBeside(null);
    const call = await startCall(tenant.admin.client);
    for (const _time of upTo(5)) {
      await redis.flushall();
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    await hearsAll(stream, call.id as string);
    redis.disconnect();
  });

  it('ring at once again when Redis is back', async () => {
    const stream = listenBeside('');
    const id = await produceEvents(server, tenant, { count: 5 });
    await stream.until(() => sequencesByCall(heardBy(stream))[id]?.length === 5);
    const redis = new Redis(valkey.url);
    expect(await redis.pubsub('CHANNELS', '*:feed')).toHaveLength(1);
    redis.disconnect();
    stream.stop();
  });
});
