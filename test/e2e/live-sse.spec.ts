import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from 'graphql-sse';
import { EventStreamReader } from '../kit/event-stream-reader.js';
import { FEED, heardBy, type HeardEvent, produceEvents, sequencesByCall, upTo } from '../kit/events.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const NO_CURSOR = 'subscription ($after: String) { e: callEvents(after: $after) { sequence } }';

describe('Events over server-sent events', () => {
  let server: TestServer;
  let tenant: SeededTenant;

  beforeAll(async () => {
    server = await startTestServer();
    tenant = await seedTenant(server);
  });
  afterAll(() => server.stop());

  const open = (query: string, variables = {}, options = {}) =>
    new EventStreamReader(
      server.url,
      { query, variables },
      { accessToken: tenant.admin.accessToken, ...options },
    );

  it('speak the graphql-sse protocol with its own client, and resume behind a cursor', async () => {
    const { eventCursor } = await tenant.admin.client.data('{ eventCursor }');
    const id = await produceEvents(server, tenant, { count: 30 });
    const client = createClient({
      url: `${server.url}/graphql/stream`,
      headers: { authorization: `Bearer ${tenant.admin.accessToken}` },
      retryAttempts: 0,
    });
    const heard: HeardEvent[] = [];
    for (const count of [10, 20, 30]) {
      const after = heard.at(-1)?.cursor ?? (eventCursor as string);
      for await (const { data } of client.iterate<{ callEvents: HeardEvent }>({
        query: FEED,
        variables: { after },
      })) {
        if (data) heard.push(data.callEvents);
        if (heard.length === count) break;
      }
    }
    expect(sequencesByCall(heard)).toEqual({ [id]: upTo(30) });
    client.dispose();
  });

  it('carry ids; a Last-Event-ID goes on from there, whatever `after` the repeated request has', async () => {
    await produceEvents(server, tenant, { count: 1 });
    const { eventCursor } = await tenant.admin.client.data('{ eventCursor }');
    const first = open(NO_CURSOR, { after: eventCursor }, { method: 'GET' });
    await produceEvents(server, tenant, { count: 4 });
    await first.stream.until(({ values }) => values.length === 4);
    first.cut();
    expect(first.stream.values).toEqual(upTo(4).map(sequence => ({ e: { sequence } })));
    const { lastEventId } = first;
    expect((await tenant.admin.client.data('{ eventCursor }')).eventCursor).toBe(lastEventId);
    await produceEvents(server, tenant, { count: 2 });
    const again = open(NO_CURSOR, { after: eventCursor }, { method: 'GET', lastEventId });
    await again.stream.until(({ values }) => values.length === 2);
    expect(again.stream.values).toEqual([{ e: { sequence: 1 } }, { e: { sequence: 2 } }]);
    again.cut();
  });

  describe.each<[string, string, (server: TestServer, tenant: SeededTenant) => Promise<unknown>]>([
    [
      'callEvents',
      'subscription ($after: String) { callEvents(after: $after) { sequence } }',
      (...its) => produceEvents(...its, { count: 5 }),
    ],
    [
      'callEvents under another name, by a fragment',
      'subscription ($after: String) { e: callEvents(after: $after) { ...S } } fragment S on CallEvent { sequence }',
      (...its) => produceEvents(...its, { count: 5 }),
    ],
    [
      'auditEvents',
      'subscription ($after: String) { auditEvents(after: $after) { action } }',
      async (_server, { admin }) => {
        for (const name of ['A', 'B', 'C', 'D', 'E'])
          await admin.client.data('mutation ($n: String!) { updateTenant(input: { name: $n }) { id } }', {
            n: name,
          });
      },
    ],
  ])('share the execution of %s', (_name, query, produce) => {
    it('and still give each event of each stream its own id, beside a socket that asks the same', async () => {
      const socket = tenant.admin.client.subscribe(query);
      const streams = [open(query), open(query), open(query, {}, { method: 'GET' })];
      for (const { stream } of streams)
        await stream.until(() => streams.every(({ lastEventId }) => lastEventId));
      await produce(server, tenant);
      for (const { stream } of streams) await stream.until(({ values }) => values.length === 5);
      const ids = streams.map(({ idsOfEvents }) => idsOfEvents);
      expect(ids[0]).toHaveLength(5);
      expect(new Set(ids[0]).size).toBe(5);
      expect(ids.slice(1)).toEqual([ids[0], ids[0]]);
      for (const { stream } of streams) expect(stream.values).toEqual(streams[0]?.stream.values);
      expect(JSON.stringify(streams[0]?.stream.values)).not.toContain('voho_event_id');
      for (const reader of streams) reader.cut();
      const [first] = streams;
      const again = open(query, {}, { lastEventId: first?.idsOfEvents[2] });
      await again.stream.until(({ values }) => values.length === 2);
      expect(again.stream.values).toEqual(first?.stream.values.slice(3));
      again.cut();
      await socket.until(({ values }) => values.length === 5);
      expect(socket.values).toEqual(first?.stream.values);
      socket.stop();
    });
  });

  it('tell where they begin before the first event, so that nothing is lost of a line that breaks at once', async () => {
    const first = open(FEED, {}, { method: 'GET' });
    await first.stream.until(() => first.lastEventId !== undefined);
    first.cut();
    const id = await produceEvents(server, tenant, { count: 3 });
    const again = open(FEED, {}, { method: 'GET', lastEventId: first.lastEventId });
    await again.stream.until(({ values }) => values.length === 3);
    expect(sequencesByCall(heardBy(again.stream))).toEqual({ [id]: upTo(3) });
    again.cut();
  });

  it.each([
    ['resume the audit log too', 'subscription { auditEvents { action } }'],
    [
      'resume when their field stands in a fragment',
      'subscription { ...F } fragment F on Subscription { auditEvents { action } }',
    ],
    [
      'resume when it stands in fragments inside each other',
      'subscription { ... { ...F } } fragment F on Subscription { ... on Subscription { auditEvents { action } } }',
    ],
  ])('%s', async (what, query) => {
    const first = open(query);
    await first.stream.until(() => first.lastEventId !== undefined);
    first.cut();
    await tenant.admin.client.data(
      'mutation ($name: String!) { updateTenant(input: { name: $name }) { id } }',
      { name: what },
    );
    const again = open(query, {}, { lastEventId: first.lastEventId });
    await again.stream.until(({ values }) => values.length === 1);
    expect(again.stream.values).toEqual([{ auditEvents: { action: 'tenant.updated' } }]);
    again.cut();
  });

  it('show a field that has the name under which they ask for a cursor', async () => {
    const query = 'subscription { auditEvents { voho_event_id: action voho_event_id_: occurredAt } }';
    const stream = open(query);
    await stream.stream.until(() => stream.lastEventId !== undefined);
    await tenant.admin.client.data('mutation { updateTenant(input: { name: "Named" }) { id } }');
    await stream.stream.until(({ values }) => values.length === 1);
    expect(stream.stream.values).toMatchObject([{ auditEvents: { voho_event_id: 'tenant.updated' } }]);
    const { auditEvents } = await tenant.admin.client.data('{ auditEvents(first: 1) { nodes { cursor } } }');
    expect(stream.lastEventId).toBe(auditEvents.nodes[0].cursor);
    stream.cut();
  });

  it('end by themselves after a query, a mutation by POST, and an operation that is refused', async () => {
    const query = open('{ tenant { subdomain } }', {}, { method: 'GET' });
    const mutation = open('mutation { updateTenant(input: { name: "By stream" }) { name } }');
    const invalid = open('subscription { nothing }');
    const forged = open(FEED, { after: 'forged' });
    for (const { stream } of [query, mutation, invalid, forged])
      await stream.until(({ isComplete }) => isComplete);
    expect(query.stream.values).toEqual([{ tenant: { subdomain: tenant.subdomain } }]);
    expect(mutation.stream.values).toEqual([{ updateTenant: { name: 'By stream' } }]);
    expect([invalid, forged].map(({ stream }) => stream.errors[0]?.extensions.code)).toEqual([
      'BAD_USER_INPUT',
      'BAD_USER_INPUT',
    ]);
  });

  it('refuse in plain HTTP what may not begin', async () => {
    const cookie = `voho_access=${tenant.admin.accessToken}`;
    const get = { method: 'GET', accessToken: undefined } as const;
    const refusals = {
      mutationByGet: open('mutation { logOut }', {}, { method: 'GET' }),
      noStream: open(FEED, {}, { method: 'GET', headers: { accept: 'text/html' } }),
      badToken: open(FEED, {}, { accessToken: 'nonsense' }),
      foreignOrigin: open(FEED, {}, { headers: { origin: 'https://evil.example' } }),
      noJson: open(FEED, {}, { headers: { 'content-type': 'text/plain' } }),
    };
    const answers = await Promise.all(
      Object.entries(refusals).map(async ([name, reader]) => [name, await reader.refusal()]),
    );
    expect(Object.fromEntries(answers)).toEqual({
      mutationByGet: [405, 'BAD_USER_INPUT'],
      noStream: [406, 'BAD_USER_INPUT'],
      badToken: [401, 'UNAUTHENTICATED'],
      foreignOrigin: [403, 'FORBIDDEN'],
      noJson: [415, 'BAD_USER_INPUT'],
    });
    expect(refusals.mutationByGet.response?.headers.allow).toBe('POST');
    const own = open(FEED, { after: '' }, { ...get, headers: { cookie, 'sec-fetch-site': 'same-origin' } });
    await own.stream.until(({ values }) => values.length > 0);
    own.cut();
    const foreign = open(
      FEED,
      { after: '' },
      { ...get, headers: { cookie, 'sec-fetch-site': 'cross-site' } },
    );
    await foreign.stream.until(({ isComplete }) => isComplete);
    expect(foreign.stream.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    expect(foreign.stream.values).toEqual([]);
  });

  it('are cut without an event when the server stops, so that clients come back', async () => {
    const other = await startTestServer({ beside: server });
    const reader = new EventStreamReader(
      other.url,
      { query: FEED, variables: { after: '' } },
      { accessToken: tenant.admin.accessToken },
    );
    await reader.stream.until(({ values }) => values.length > 0);
    await other.stop();
    await reader.stream.until(({ closing }) => closing !== null);
    expect(reader.stream.closing?.code).toBe(1012);
    await reader.stream.until(({ isComplete }) => isComplete);
    expect([reader.eventNames, reader.response?.complete]).toEqual([
      reader.stream.values.map(() => 'next'),
      false,
    ]);
  });
});
