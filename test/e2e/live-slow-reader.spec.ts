import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { WebSocketServer } from 'ws';
import { GraphqlSockets } from '../../src/entry/sockets/graphql-sockets.js';
import { EventStreamReader } from '../kit/event-stream-reader.js';
import { FEED, heardBy, produceEvents, sequencesByCall, upTo } from '../kit/events.js';
import { LiveSocket } from '../kit/live-socket.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

/** As many bytes as no pair of socket buffers holds. */
const COUNT = 3000;
const TEXT = 'x'.repeat(8000);
const WORDS = FEED.replace('callId }', 'callId ... on CallUtteranceAdded { utterance { text } } }');

describe('A reader that does not read', () => {
  let server: TestServer;
  let tenant: SeededTenant;

  beforeAll(async () => {
    server = await startTestServer();
    tenant = await seedTenant(server);
  });
  afterAll(() => server.stop());

  const serverSockets = () => [...server.app.get<{ server: WebSocketServer }>(GraphqlSockets).server.clients];
  const mostBuffered = () => Math.max(0, ...serverSockets().map(socket => socket.bufferedAmount));

  /** Waits until the server has lost its patience with somebody, and a little for the other reader that it waits for. */
  const patienceLost = async () => {
    while (!serverSockets().some(socket => socket.readyState === socket.CLOSING)) await sleep(50);
    await sleep(2000);
  };

  it('is closed with 1013 at a bounded buffer, its neighbours notice nothing, and it resumes complete', async () => {
    await produceEvents(server, tenant, { count: 1 });
    const open = () => new LiveSocket(server.url, tenant.admin.accessToken, WORDS, { after: '' });
    const [slow, quick] = [open(), open()];
    const slowStream = new EventStreamReader(
      server.url,
      { query: WORDS, variables: { after: '' } },
      { accessToken: tenant.admin.accessToken },
    );
    for (const { stream } of [slow, quick, slowStream])
      await stream.until(({ values }) => values.length === 1);
    slow.pause();
    slowStream.response?.socket.pause();
    // Before the server cuts the line without a word, which it does some time after it has closed.
    const resumed = patienceLost().then(() => {
      slow.resume();
      slowStream.response?.socket.resume();
    });

    let buffered = 0;
    const looking = setInterval(() => (buffered = Math.max(buffered, mostBuffered())), 20);
    const id = await produceEvents(server, tenant, { count: COUNT, text: TEXT });
    await quick.stream.until(({ values }) => values.length === COUNT + 1);
    clearInterval(looking);
    expect(sequencesByCall(heardBy(quick.stream))[id]).toEqual(upTo(COUNT));
    expect(buffered).toBeGreaterThan(0);
    expect(buffered).toBeLessThan(1_100_000);

    await resumed;
    for (const { stream } of [slow, slowStream]) {
      await stream.until(({ closing }) => closing !== null);
      expect(stream.closing?.code).toBe(1013);
      expect(stream.values.length).toBeLessThan(COUNT);
    }
    expect(quick.stream.closing).toBeNull();

    for (const { stream } of [slow, slowStream]) {
      const heard = heardBy(stream);
      const again = new LiveSocket(server.url, tenant.admin.accessToken, WORDS, {
        after: heard.at(-1)?.cursor,
      });
      await again.stream.until(({ values }) => heard.length + values.length > COUNT);
      expect(sequencesByCall([...heard, ...heardBy(again.stream)])[id]).toEqual(upTo(COUNT));
      await again.cut();
    }
    await quick.cut();
  }, 240_000);
});
