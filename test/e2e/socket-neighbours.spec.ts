import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { MAX_OPERATIONS_PER_SOCKET } from '../../src/entry/sockets/socket-caps.js';
import type { Loose } from '../kit/client.js';
import { produceEvents } from '../kit/events.js';
import { type RawSocket, rawSocket } from '../kit/raw-socket.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { TRANSPORTS } from '../kit/transports.js';
import { until } from '../kit/until.js';

const EVENTS = 'subscription { callEvents { sequence } }';
const FROM_THE_OLDEST = 'subscription { callEvents(after: "") { sequence } }';

const LEAVES_NONE = '@skip or @include leaves none';
const NO_VARIABLE = '@skip and @include take true or false there';

/** Fragments that spread the next one twice each, and a last one without a root field. */
const DOUBLING = `subscription { ...F0 } fragment F10 on Subscription { callEvents @skip(if: true) { id } } ${Array.from(
  { length: 10 },
  (_, index) => `fragment F${index} on Subscription { ...F${index + 1} ...F${index + 1} }`,
).join(' ')}`;

/** Subscriptions without a root field, and what is said of them. */
const ROOTLESS: readonly (readonly [
  by: string,
  query: string,
  says: string,
  variables: Record<string, unknown>,
])[] = [
  ['@include(if: false)', 'subscription { callEvents @include(if: false) { id } }', LEAVES_NONE, {}],
  ['@skip(if: true)', 'subscription { callEvents @skip(if: true) { id } }', LEAVES_NONE, {}],
  ['both', 'subscription { callEvents @include(if: true) @skip(if: true) { id } }', LEAVES_NONE, {}],
  ['an inline fragment', 'subscription { ... @skip(if: true) { callEvents { id } } }', LEAVES_NONE, {}],
  [
    'the field of a fragment',
    'subscription { ...F } fragment F on Subscription { callEvents @skip(if: true) { id } }',
    LEAVES_NONE,
    {},
  ],
  [
    'a fragment in a fragment',
    `subscription { ...F } fragment F on Subscription { ...G @include(if: false) }
     fragment G on Subscription { callEvents { id } }`,
    LEAVES_NONE,
    {},
  ],
  ['10 doubling fragments', DOUBLING, LEAVES_NONE, {}],
  ['@include, of the audit log', 'subscription { auditEvents @include(if: false) { id } }', LEAVES_NONE, {}],
  [
    'a variable',
    'subscription ($on: Boolean!) { callEvents @include(if: $on) { id } }',
    NO_VARIABLE,
    { on: false },
  ],
  [
    'a variable with a default, in a fragment',
    `subscription ($off: Boolean = true) { ...F }
     fragment F on Subscription { ... @skip(if: $off) { callEvents { id } } }`,
    NO_VARIABLE,
    {},
  ],
];

describe('Operations of one socket', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  const opened: RawSocket[] = [];

  beforeAll(async () => {
    server = await startTestServer({ env: { REQUESTS_PER_MINUTE: '100000' } });
    tenant = await seedTenant(server);
  });
  afterEach(() => {
    for (const socket of opened.splice(0)) socket.end();
  });
  afterAll(() => server.stop());

  const signedIn = async ({ admin }: SeededTenant = tenant) => {
    const socket = await rawSocket(server.url);
    opened.push(socket);
    return socket.init({ authorization: `Bearer ${admin.accessToken}` });
  };
  const start = (socket: RawSocket, id: string, query = EVENTS) => {
    socket.send({ id, type: 'subscribe', payload: { query } });
  };
  const complete = (socket: RawSocket, id: string) => {
    socket.send({ id, type: 'complete' });
  };
  const of = (socket: RawSocket, id: string): Loose[] => socket.messages.filter(message => message.id === id);
  const sequences = (socket: RawSocket, id: string) =>
    of(socket, id).map(({ payload }) => payload.data?.callEvents.sequence);

  /** Starts a subscription that begins with the oldest event, and waits for that one. */
  const subscribed = async (socket: RawSocket, id: string) => {
    start(socket, id, FROM_THE_OLDEST);
    await socket.message(message => message.id === id && message.type === 'next');
  };
  const isAt = (sequence: number, id: string) => (message: Loose) =>
    message.id === id && message.payload?.data?.callEvents.sequence === sequence;

  describe.each(TRANSPORTS.filter(([name]) => name !== 'HTTP'))(
    'without a root field over %s',
    (_name, send) => {
      it.each(ROOTLESS)('by %s are BAD_USER_INPUT, in a sentence', async (_by, query, says, variables) => {
        const answer = await send(server.url, { query, variables }, tenant.admin.accessToken);
        expect(answer.data ?? null).toBeNull();
        expect(answer.errors).toMatchObject([
          {
            message: expect.stringContaining(says),
            extensions: { code: 'BAD_USER_INPUT', requestId: expect.any(String) },
          },
        ]);
      });
    },
  );

  it.each<[string, string, Record<string, unknown>]>([
    ...ROOTLESS.map(
      ([by, query, , variables]) => [by, query, variables] as [string, string, typeof variables],
    ),
    ['a cursor of somewhere else', 'subscription { callEvents(after: "forged") { id } }', {}],
    ['an unknown call', 'subscription { callEvents(callId: "call_0123106789abcdef01231067") { id } }', {}],
    ['a field that is not there', 'subscription { nothing }', {}],
    ['two root fields', 'subscription { a: callEvents { id } b: callEvents { id } }', {}],
    ['a missing variable', 'subscription ($after: String!) { callEvents(after: $after) { id } }', {}],
  ])('end alone by %s: a neighbour hears its next event', async (_by, query, variables) => {
    await produceEvents(server, tenant, { count: 1 });
    const socket = await signedIn();
    await subscribed(socket, 'neighbour');
    const { errors } = await socket.run('alone', query, variables);
    const code = expect.stringMatching(/^(BAD_USER_INPUT|NOT_FOUND)$/);
    expect(errors).toMatchObject([{ extensions: { code } }]);
    await produceEvents(server, tenant, { count: 1, from: 77 });
    await socket.message(isAt(77, 'neighbour'));
    expect(of(socket, 'alone').at(-1)?.type).toMatch(/^(error|complete)$/);
  });

  describe('may take an id again without waiting', () => {
    it.each([2, 3, 10])('the last of %i gives each event once, until it is completed', async times => {
      const own = await seedTenant(server);
      await produceEvents(server, own, { count: 1 });
      const socket = await signedIn(own);
      for (let time = 1; time < times; time += 1) {
        start(socket, 'x');
        complete(socket, 'x');
      }
      await subscribed(socket, 'x');
      await produceEvents(server, own, { count: 5, from: 101 });
      await socket.message(isAt(105, 'x'));
      complete(socket, 'x');
      await subscribed(socket, 'y');
      await produceEvents(server, own, { count: 1, from: 201 });
      await socket.message(isAt(201, 'y'));
      expect(sequences(socket, 'x')).toEqual([1, 101, 102, 103, 104, 105]);
      expect(sequences(socket, 'y')).toEqual([1, 101, 102, 103, 104, 105, 201]);
    });

    it('after a query has ended, and after an error', async () => {
      const socket = await signedIn();
      for (const query of ['{ __typename }', '{ nothing }', '{ viewer { id } }']) {
        start(socket, '1', query);
        const ends = of(socket, '1').length + (query === '{ nothing }' ? 1 : 2);
        await socket.message(() => of(socket, '1').length === ends);
      }
      expect(of(socket, '1').map(({ type }) => type)).toEqual([
        ...['next', 'complete'],
        'error',
        ...['next', 'complete'],
      ]);
    });

    it.each(['1:2', '__proto__', 'constructor', '"', '\\u0000', ' ', '1'])('also %j', async id => {
      const socket = await signedIn();
      start(socket, id);
      complete(socket, id);
      expect(await socket.run(id, '{ __typename }')).toMatchObject({ data: { __typename: 'Query' } });
      await socket.message(message => message.id === id && message.type === 'complete');
      expect(of(socket, id).map(({ type }) => type)).toEqual(['next', 'complete']);
    });
  });

  it('go on after `complete` of an id that none of them has', async () => {
    const socket = await signedIn();
    for (const id of ['unknown', '1:1', '__proto__']) complete(socket, id);
    expect(await socket.run('1', '{ __typename }')).toMatchObject({ data: { __typename: 'Query' } });
    complete(socket, '1');
    expect(await socket.run('1', '{ __typename }')).toMatchObject({ data: { __typename: 'Query' } });
  });

  it.each<[string, (index: number) => string]>([
    ['one id', () => 'same'],
    ['ids of their own', index => `own${index}`],
  ])('of which 300 were completed at once by %s leave room for as many as ever', async (_by, idOf) => {
    await produceEvents(server, tenant, { count: 1 });
    const socket = await signedIn();
    for (let index = 0; index < 300; index += 1) {
      start(socket, idOf(index));
      complete(socket, idOf(index));
    }
    // Until the first of them have ended, the socket has too many.
    const takes = (query: string) => async () => 'data' in (await socket.run(randomUUID(), query));
    await until(takes('{ __typename }'), 'room for one more');
    for (let index = 0; index < MAX_OPERATIONS_PER_SOCKET; index += 1)
      await until(takes(FROM_THE_OLDEST), `room for ${index + 1} more`);
    expect(await socket.run('one more', FROM_THE_OLDEST)).toMatchObject({
      errors: [{ extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 1 } }],
    });
  });
});
