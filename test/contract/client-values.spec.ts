import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { type InputPlace, inputPlaces } from '../kit/inputs.js';
import { seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { stored } from '../kit/stored.js';
import type { Reply } from '../kit/transports.js';

/** Stands for what JSON.stringify does not write. */
const RAW = '@@raw@@';

function nested(levels: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 'deep';
  for (let level = 0; level < levels; level += 1) value = wrap(value);
  return value;
}

/** Values that are refused wherever they stand, and what their JSON is where it cannot be written by itself. */
const NOWHERE: readonly (readonly [what: string, value: unknown, raw?: string])[] = [
  ['the first half of a character', 'a\ud800b'],
  ['the second half of a character', '\udfff'],
  ['halves in the wrong order', 'a\udc00\ud83d'],
  ['200 lists in each other', nested(200, inner => [inner])],
  ['200 objects in each other', nested(200, inner => ({ a: inner }))],
  ['1,900 lists in each other', RAW, '['.repeat(1900) + ']'.repeat(1900)],
  ['a number beyond what is counted exactly', RAW, '123456789012345678901'],
  ['a number beyond all that is kept', RAW, '1e999'],
  ['half of a character as a key', { 'a\ud800': 'x' }],
  ['a key with NUL', { 'a\u0000b': 'x' }],
];

/** Values that are refused or read back as they are. */
const SOMEWHERE: readonly (readonly [what: string, value: unknown])[] = [
  ['NUL', 'a\u0000b'],
  ['an operator', { $gt: '' }],
  ['a pattern that does not end', '(((((['],
  ['a pattern that takes for ever', '^(a+)+$'],
  ['a text of 100,000 characters', 'x'.repeat(100_000)],
  ['100,000 marks on one letter', `a${'\u0301\u0316'.repeat(50_000)}`],
  ['emptiness', ''],
  ['a list', ['a', ['b']]],
  ['a noncharacter', '\uffff'],
  ['a byte order mark', '\ufeff'],
  ['nothing', null],
];

/** Where more than a few values are taken. Subscriptions that are taken never end. */
const takesText = ({ type, isSubscription }: InputPlace): boolean =>
  ['String', 'ID', 'JSONObject'].includes(type) && !isSubscription;

const json = (text: string): unknown => JSON.parse(text);
/** Objects of clients: each is refused, or stored as it is. */
const OBJECTS: readonly (readonly [what: string, value: unknown])[] = [
  ['a type of the database', { a: { _bsontype: 'x' } }],
  ['an id of the database', { a: { _bsontype: 'ObjectId', id: 'aaaaaaaaaaaa' } }],
  ['a type of the database at the top', { _bsontype: 'Binary' }],
  ['a type of the database in a list', { a: [[{ _bsontype: 'Long', low: 1, high: 2 }]] }],
  ['a prototype', json('{"a":{"__proto__":{"polluted":true}}}')],
  ['a prototype at the top', json('{"__proto__":{"polluted":true}}')],
  ['a constructor', { a: { constructor: { name: 'ObjectId' } } }],
  ['a constructor at the top', { constructor: 'x' }],
  ['what is called before it is stored', { a: { toBSON: 'x' } }],
  ['what is called before it is sent', { a: { toJSON: { b: 'x' } } }],
  ['a reference', { a: { $ref: 'calls', $id: 'x', $db: 'y' } }],
  ['an operator', { a: { $set: { b: 1 } } }],
  ['a date of extended JSON', { a: { $date: '2026-01-01T00:00:00Z' } }],
  ['a name with dots', { a: { 'b.c': 1 } }],
  ['a name with dots at the top', { 'b.c': 'x' }],
  ['an empty name', { a: { '': 1 } }],
  ['an empty object and an empty list', { a: {}, b: [], c: [{}] }],
  ['names of numbers, out of order', { a: { 2: 'b', 1: 'a', '01': 'c' } }],
  ['a name of 15,000 characters', { a: { ['k'.repeat(15_000)]: 1 } }],
  ['a name of other scripts', { a: { 'имя 名前 ﷺ': 'ü\u0308😀' } }],
  [
    'zero below zero, fractions and large numbers',
    { a: [-0.5, 1.5e300, 5e-324, 2 ** 53 - 1, -(2 ** 53) + 1] },
  ],
  ['NUL in a text', { a: { b: 'x\u0000y' } }],
  ['50 lists in each other', { a: nested(50, inner => [inner]) }],
  ['60 objects in each other', { a: nested(58, inner => ({ a: inner })) }],
  ['all that JSON has', { a: [true, false, null, 'x', 1, { b: {} }] }],
];

describe('Whatever clients send, it is refused by its place or reads back as it is', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let places: readonly InputPlace[];

  beforeAll(async () => {
    server = await startTestServer({ env: { REQUESTS_PER_MINUTE: '1000000' } });
    tenant = await seedTenant(server);
    const { client } = tenant.admin;
    // So that there is something whose fields take arguments.
    await startCall(client);
    await client.data('mutation { createAgent(input: { name: "A", systemPrompt: "B" }) { id } }');
    places = inputPlaces(server.app.get(GraphQLSchemaHost, { strict: false }).schema);
  });
  afterAll(() => server.stop());

  async function send(place: InputPlace, value: unknown, raw?: string): Promise<Reply> {
    const { accessToken: token } = tenant.admin;
    const payload = { query: place.query, variables: place.variables(value) };
    const body = JSON.stringify(payload).replace(`"${RAW}"`, () => raw ?? '');
    const path = place.isSubscription ? '/graphql/stream' : '/graphql';
    const response = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        // A line that is kept may be closed just as the next request is written.
        connection: 'close',
        authorization: `Bearer ${token}`,
        ...(place.isSubscription ? { accept: 'text/event-stream' } : {}),
      },
      body,
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    return JSON.parse(/event: next\ndata: (.*)/.exec(text)?.[1] ?? text) as Reply;
  }
  const codeOf = ({ errors }: Reply): string | undefined => errors?.[0]?.extensions.code;

  it('of every argument of the schema', () => {
    const paths = places.map(({ query, path }) => `${query.split('{')[1]?.trim() ?? ''} ${path}`);
    expect(places.length).toBeGreaterThan(100);
    // A few of those that are hard to reach: inside of lists, inputs, and fields of fields.
    expect(places.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        'input.variables',
        'input.filter.metadata',
        'input.events[0]',
        'days',
        'after',
      ]),
    );
    expect(new Set(paths).size).toBeGreaterThan(60);
  });

  it.each(NOWHERE)('%s is BAD_USER_INPUT with its path, wherever it stands', async (...[, value, raw]) => {
    const before = await steady(server);
    for (const place of places) {
      const answer = await send(place, value, raw);
      const fields = Object.keys(answer.errors?.[0]?.extensions.fields ?? {});
      // The path to what is nested too deep ends where its lists begin.
      const start = place.path.replace(/\[0\]$/, '');
      const inside = fields.every(
        path => path.startsWith(start) && /^([.[]|$)/.test(path.slice(start.length)),
      );
      expect([place.query, place.path, codeOf(answer), fields.length, inside]).toEqual([
        place.query,
        place.path,
        'BAD_USER_INPUT',
        1,
        true,
      ]);
    }
    expect(await steady(server)).toEqual(before);
  });

  it.each(SOMEWHERE)('%s is never an error of the server', async (_what, value) => {
    for (const place of places.filter(takesText)) {
      const code = codeOf(await send(place, value));
      expect([place.query, place.path, code === 'INTERNAL']).toEqual([place.query, place.path, false]);
    }
    // What the database makes of what it cannot store.
    expect(JSON.stringify(await stored(server))).not.toContain('\ufffd');
  });

  it.each(OBJECTS)('an object with %s is refused by its place, or stored as it is', async (_what, value) => {
    const objects = places.filter(({ type }) => type === 'JSONObject');
    expect(objects.length).toBeGreaterThan(2);
    for (const place of objects) {
      const answer = await send(place, value);
      const code = codeOf(answer);
      expect([place.path, code ?? 'BAD_USER_INPUT']).toEqual([place.path, 'BAD_USER_INPUT']);
      if (code !== undefined) {
        const [path = ''] = Object.keys(answer.errors?.[0]?.extensions.fields ?? {});
        expect(path).toContain(place.path);
      } else if (place.query.includes('createCall(')) {
        const call = await server.db.collection('calls').findOne({}, { sort: { _id: -1 } });
        expect(call?.[place.path.replace('input.', '')]).toEqual(value);
      }
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

/** What no refused operation may change, each collection as one digest: what differs is told by its name. */
async function steady(server: TestServer): Promise<Record<string, string>> {
  const all = await stored(server, { except: UNSTEADY });
  return Object.fromEntries(
    Object.entries(all).map(([name, rows]) => [name, createHash('sha256').update(rows.join()).digest('hex')]),
  );
}

/** What changes by itself: jobs that look, calls that go on, counters. */
const UNSTEADY = [
  'clockMarks',
  'jobs',
  'outbox',
  'calls',
  'callEvents',
  'streamHeads',
  'utterances',
  'places',
  'providerLoads',
  'callRoutes',
  'usageEntries',
  'usagePeaks',
  'auditEvents',
  'auditChain',
  'earlyNews',
  'sessions',
];
