import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MAX_COST } from '../../src/entry/graphql/operation-size.js';
import { COST_PER_REQUEST, CREDENTIAL_SHARE } from '../../src/entry/limits/request-limits.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { type Reply, TRANSPORTS } from '../kit/transports.js';

const times = (count: number, part: (index: number) => string) =>
  Array.from({ length: count }, (_item, index) => part(index)).join(' ');
const codeOf = ({ errors }: Reply) => errors?.[0]?.extensions.code;

const DEEP = `{ dashboard { recentCalls(first: 1) { ${'events(first: 1) { nodes { call { '.repeat(4)} id ${'} } } '.repeat(4)} } } }`;

/** Each would cost much, or never end, if it were executed or even validated. */
const HOSTILE: readonly (readonly [name: string, query: string, code: string])[] = [
  ['more depth', DEEP, 'QUERY_TOO_COMPLEX'],
  [
    'more cost',
    '{ calls(first: 100) { nodes { events(first: 100) { nodes { id call { id } } } } } }',
    'QUERY_TOO_COMPLEX',
  ],
  ['more tokens', `{ ${times(1001, () => '__typename')} }`, 'QUERY_TOO_COMPLEX'],
  ['a document of nearly 1 MB', `{ ${times(80_000, () => '__typename')} }`, 'QUERY_TOO_COMPLEX'],
  ['more aliases', `{ ${times(16, index => `a${index}: __typename`)} }`, 'QUERY_TOO_COMPLEX'],
  [
    'a hundred aliased log-ins',
    `mutation { ${times(100, index => `a${index}: logOut`)} }`,
    'QUERY_TOO_COMPLEX',
  ],
  ['more directives', `{ __typename ${times(51, () => '@include(if: true)')} }`, 'QUERY_TOO_COMPLEX'],
  [
    'more fragments',
    `{ __typename } ${times(51, index => `fragment F${index} on User { id }`)}`,
    'QUERY_TOO_COMPLEX',
  ],
  ['one field again and again', `{ ${times(11, () => 'viewer { id }')} }`, 'QUERY_TOO_COMPLEX'],
  [
    'one field again and again in inline fragments',
    `{ ${times(11, () => '... { viewer { id } }')} }`,
    'QUERY_TOO_COMPLEX',
  ],
  [
    'fragments that double and double',
    `{ viewer { ...F0 } } ${times(40, index => `fragment F${index} on User { ${index < 39 ? `...F${index + 1} ...F${index + 1}` : 'id'} }`)}`,
    'QUERY_TOO_COMPLEX',
  ],
  ['a fragment that spreads itself', '{ viewer { ...F } } fragment F on User { ...F }', 'BAD_USER_INPUT'],
  [
    'fragments that spread each other',
    `{ viewer { ${times(40, index => `...F${index}`)} } } ${times(40, index => `fragment F${index} on User { ...F${(index + 1) % 40} ...F${(index + 7) % 40} }`)}`,
    'BAD_USER_INPUT',
  ],
  ['a page of ninety-nine million', '{ calls(first: 99999999) { nodes { id } } }', 'BAD_USER_INPUT'],
];

/** Processor time of this process, client and all, in milliseconds: the least of some tries, since others use it too. */
async function leastCpu(act: () => Promise<unknown>): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < 5 && least >= 50; round += 1) {
    const before = process.cpuUsage();
    await act();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

describe.each(TRANSPORTS)('Operations over %s', (_name, send) => {
  let server: TestServer;
  let tenant: SeededTenant;
  beforeAll(async () => {
    server = await startTestServer();
    tenant = await seedTenant(server);
  });
  afterAll(() => server.stop());
  const ask = (query: string, variables = {}) =>
    send(server.url, { query, variables }, tenant.admin.accessToken);
  /** How many errors of a code the server has counted. */
  const refusals = async (code: string): Promise<number> =>
    (await server.app.get(Metrics).errors.get()).values.find(({ labels }) => labels.code === code)?.value ??
    0;

  it.each(HOSTILE)('S34 S49 are refused when they ask for %s', async (_what, query, code) => {
    const before = await refusals(code);
    const reply = await ask(query);
    expect([codeOf(reply), reply.data ?? null]).toEqual([code, null]);
    expect(await refusals(code)).toBe(before + 1);
  });

  it('S34 cost less than 50 ms of a processor each when they are refused', async () => {
    for (const [what, query] of HOSTILE) {
      const cost = await leastCpu(() => ask(query));
      expect([what, cost < 50 ? 'little' : `${cost} ms`]).toEqual([what, 'little']);
    }
  });

  it('S34 S49 say what they cost and what is left', async () => {
    const query = '{ calls(first: 100) { nodes { id } } }';
    const [first, second] = [await ask(query), await ask(query)];
    expect(first.extensions.cost).toMatchObject({
      requested: 201,
      maximum: MAX_COST,
      resetSeconds: expect.any(Number),
    });
    expect(second.extensions.cost.remaining).toBe(first.extensions.cost.remaining - 201);
  });

  it('S38 S49 carry a code and a request id, and nothing of the inside, in every error', async () => {
    for (const query of [
      '{',
      '{ nothing }',
      '{ call(id: "x") { id } }',
      'mutation { updateTenant(input: { name: "" }) { id } }',
    ]) {
      const reply = await ask(query);
      for (const error of reply.errors ?? []) {
        expect(error.extensions).toMatchObject({
          code: expect.any(String),
          requestId: expect.stringMatching(/^[\w-]{36}$/),
        });
        expect(JSON.stringify(error)).not.toMatch(/stack|node_modules|\/src\/|Mongo|at Object/);
      }
    }
  });

  it('S49 ask for rights before anything else', async () => {
    const user = await tenant.user();
    const query = 'mutation { updateTenant(input: { name: "" }) { id } }';
    expect(codeOf(await send(server.url, { query }, null))).toBe('UNAUTHENTICATED');
    expect(codeOf(await send(server.url, { query }, user.accessToken))).toBe('FORBIDDEN');
  });

  it('S40 take no operator of the database for a value', async () => {
    const variables = { filter: { metadata: { $where: 'sleep(1000)' } } };
    const query = 'query ($filter: CallFilter) { calls(filter: $filter) { nodes { id } } }';
    expect(codeOf(await ask(query, variables))).toBe('BAD_USER_INPUT');
    expect(codeOf(await ask(query, { filter: { metadata: { a: { $gt: '' } } } }))).toBe('BAD_USER_INPUT');
    expect(codeOf(await ask('query ($id: ID!) { call(id: $id) { id } }', { id: { $gt: '' } }))).toBe(
      'BAD_USER_INPUT',
    );
  });

  it('S41 read a search as words, never as a pattern', async () => {
    const query = 'query ($s: String) { calls(filter: { search: $s }) { nodes { id } } }';
    for (const search of ['(a+)+$', '.*', `${'('.repeat(50)}a${'+)'.repeat(50)}+`, '\\', '$where'])
      expect((await ask(query, { s: search })).data).toEqual({ calls: { nodes: [] } });
    expect(codeOf(await ask(query, { s: 'a'.repeat(10_000) }))).toBe('BAD_USER_INPUT');
  });

  it('S50 do the same thing once, for the same idempotency key', async () => {
    const query =
      'mutation ($k: String) { createCall(input: { systemPrompt: "Hello", idempotencyKey: $k }) { id } }';
    const [first, again] = [await ask(query, { k: `key-${_name}` }), await ask(query, { k: `key-${_name}` })];
    expect(first.data?.createCall.id).toEqual(expect.stringMatching(/^call_/));
    expect(again.data).toEqual(first.data);
  });
});

describe.each(TRANSPORTS)('Limits per minute over %s', (_name, send) => {
  const LIMIT = 25;
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ env: { REQUESTS_PER_MINUTE: String(LIMIT) } });
  });
  afterAll(() => server.stop());

  /** Sends until one is refused; how many were not. */
  const usedUp = async (token: string | null, query: string) => {
    for (let sent = 0; sent <= LIMIT; sent += 1) {
      const reply = await send(server.url, { query }, token).catch(
        (error: unknown) => ({ closed: error }) as Reply,
      );
      if (codeOf(reply) === 'RATE_LIMITED') {
        expect(reply.errors?.[0]?.extensions.retryAfterSeconds).toBeGreaterThan(0);
        return sent;
      }
      if (reply.data === undefined) return sent;
    }
    return LIMIT + 1;
  };

  it('S49 one credential leaves its colleagues a fifth, and all together leave other tenants everything', async () => {
    const [tenant, other] = [await seedTenant(server), await seedTenant(server)];
    const user = await tenant.user();
    // Over a socket its opening counts too.
    const perOperation = _name === 'WebSocket' ? 2 : 1;
    const own = Math.ceil(LIMIT * CREDENTIAL_SHARE);
    // The admin has invited the user.
    expect(await usedUp(tenant.admin.accessToken, '{ __typename }')).toBe(
      Math.floor((own - 1) / perOperation),
    );
    expect(await usedUp(user.accessToken, '{ __typename }')).toBe(Math.floor((LIMIT - own) / perOperation));
    expect((await send(server.url, { query: '{ __typename }' }, other.admin.accessToken)).data).toBeDefined();
  });

  it('S49 what operations cost is limited too, and what was refused is not counted', async () => {
    const tenant = await seedTenant(server);
    const heavy = '{ calls(first: 100) { nodes { id status medium createdAt joinedAt endedAt metadata } } }';
    const cost = 1 + 100 * 17;
    expect(await usedUp(tenant.admin.accessToken, heavy)).toBe(
      Math.floor((LIMIT * COST_PER_REQUEST * CREDENTIAL_SHARE) / cost),
    );
    expect(
      (await send(server.url, { query: '{ __typename }' }, tenant.admin.accessToken)).data,
    ).toBeDefined();
  });

  it('S49 strangers are limited by their address, and so is nobody who is signed in from there', async () => {
    const tenant = await seedTenant(server);
    await usedUp(null, '{ __typename }');
    const late = await send(server.url, { query: '{ __typename }' }, null).catch(() => null);
    expect(late?.data).toBeUndefined();
    expect(
      (await send(server.url, { query: '{ __typename }' }, tenant.admin.accessToken)).data,
    ).toBeDefined();
  });
});

/** The answer to a body that is announced and never sent. */
async function statusOfAnnounced(url: string, bytes: number): Promise<number> {
  const headers = { 'content-type': 'application/json', accept: '*/*', 'content-length': bytes };
  const asking = request(url, { method: 'POST', headers });
  asking.flushHeaders();
  const [{ statusCode }] = (await once(asking, 'response')) as [IncomingMessage];
  asking.on('error', () => undefined).destroy();
  return statusCode ?? 0;
}

describe('Bodies', () => {
  it('S34 of more than a megabyte are refused with 413 over HTTP and streams, unread and counted', async () => {
    const server = await startTestServer();
    try {
      for (const path of ['/graphql', '/graphql/stream']) {
        const errors = async () => (await server.app.get(Metrics).errors.get()).values[0]?.value ?? 0;
        const before = await errors();
        let status = 0;
        const cost = await leastCpu(async () => {
          status = await statusOfAnnounced(`${server.url}${path}`, 10_000_000);
        });
        expect([status, cost < 50]).toEqual([413, true]);
        expect(await errors()).toBeGreaterThan(before);
      }
    } finally {
      await server.stop();
    }
  });
});
