import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { mongo, Schema } from 'mongoose';
import { Outbox } from '../../src/events/outbox.js';
import { Jobs } from '../../src/jobs/jobs.js';
import { collectionDefinitions } from '../../src/mongo/model-provider.js';
import type { Client, Loose } from '../kit/client.js';
import { tenantIdOf } from '../kit/events.js';
import { generatedFile, table } from '../kit/generated-file.js';
import { callWithStatus, seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { fillUp, FILLED } from './indexes/fill-up.js';

const INTRODUCTION = `# Indexes

Every index, made from the schemas by a test; \`UPDATE_DOCS=1 npm test -- test/contract/indexes\` writes it anew. Each
collection also has MongoDB's own unique index of \`_id\`. What an index is for stands beside it in the schema.
`;

interface Entry {
  readonly ns: string;
  readonly op: string;
  readonly command: Loose;
  readonly planSummary?: string;
  readonly hasSortStage?: boolean;
  readonly docsExamined?: number;
}

describe('The indexes', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let client: Client;
  let db: mongo.Db;
  let ids: { call: string; agent: string; user: string };

  beforeAll(async () => {
    server = await startTestServer({ env: { REQUESTS_PER_MINUTE: '100000' } });
    tenant = await seedTenant(server);
    ({ client } = tenant.admin);
    const user = await tenant.user();
    await client.data('mutation { createApiKey(input: { name: "Key", scopes: [CALLS_READ] }) { secret } }');
    await client.data('mutation { inviteUser(input: { email: "open@people.example" }) { token } }');
    await client.data('mutation { requestPasswordReset(email: "lost@people.example") }');
    await client.data(
      'mutation { createWebhook(input: { url: "https://one.example/hook", events: [CALL_STATUS_CHANGED] }) { secret } }',
    );
    const { createAgent } = await client.data(
      'mutation { createAgent(input: { name: "One", systemPrompt: "You are one." }) { id } }',
    );
    const call = await startCall(client, {
      agentId: createAgent.id,
      systemPrompt: 'Greet them.',
      metadata: { order: '42' },
    });
    await callWithStatus(client, call.id, 'COMPLETED');
    // The final transcript takes the place of all that was there, copies included.
    const news = client.subscribe(
      'subscription ($id: ID) { callEvents(callId: $id, after: "") { __typename } }',
      {
        id: call.id,
      },
    );
    await news.value(({ callEvents }) => callEvents.__typename === 'CallTranscriptSettled');
    news.stop();
    ids = { call: call.id, agent: createAgent.id, user: user.id };
    ({ db } = server);
    await fillUp(db);
  });
  afterAll(() => server.stop());

  /** What MongoDB did meanwhile on our collections. */
  async function profiled(work: () => Promise<unknown>): Promise<Entry[]> {
    await db.setProfilingLevel('all');
    await work();
    await db.setProfilingLevel('off');
    const profile = db.collection('system.profile');
    const entries = (await profile.find({}).toArray()) as unknown as Entry[];
    await profile.drop();
    return entries.filter(({ ns, op }) => !ns.includes('system.') && op !== 'insert');
  }

  const scans = (entries: readonly Entry[]) =>
    entries
      .filter(({ planSummary }) => planSummary?.includes('COLLSCAN'))
      .map(({ ns, command }) => [ns, JSON.stringify(command).slice(0, 300)]);
  const sorts = (entries: readonly Entry[]) =>
    entries
      .filter(({ hasSortStage }) => hasSortStage)
      .map(({ ns, planSummary, command }) => [ns, planSummary, JSON.stringify(command).slice(0, 300)]);

  it('stand in docs/indexes.md as they are in the schemas', async () => {
    const rows = [...collectionDefinitions()]
      .sort((one, other) => one.collection.localeCompare(other.collection))
      .flatMap(({ collection, schema }) =>
        indexesOf(schema).map(([keys, traits]) => [`\`${collection}\``, `\`${keys}\``, traits]),
      );
    const { committed, current } = await generatedFile(
      'docs/indexes.md',
      `${INTRODUCTION}\n${table(['Collection', 'Keys', 'Traits'], rows)}\n`,
    );
    expect(committed).toBe(current);
  });

  it('of tenant-owned data begin with the tenant, all but those by which the database removes what is over', () => {
    const others = collectionDefinitions()
      .filter(({ schema }) => schema.get('tenancy' as never) === 'scoped')
      .flatMap(({ collection, schema }) =>
        schema.indexes().map(([keys, options]) => ({ collection, keys, options })),
      )
      .filter(
        ({ keys, options }) =>
          Object.keys(keys)[0] !== 'tenantId' && options.expireAfterSeconds === undefined,
      );
    expect(others).toEqual([]);
  });

  it('are all there once the server runs, and no others', async () => {
    for (const { collection, schema } of collectionDefinitions()) {
      const found = (await db.collection(collection).indexes()).map(({ key }) => JSON.stringify(key)).sort();
      expect(found).toEqual(['{"_id":1}', ...schema.indexes().map(([keys]) => JSON.stringify(keys))].sort());
    }
  });

  const page = 'totalCount edges { cursor } pageInfo { startCursor endCursor }';
  /** Lists that page, by their name, with every filter that they take. */
  const lists: Readonly<Record<string, readonly string[]>> = {
    calls: [
      '',
      'filter: { statuses: [COMPLETED] }',
      'filter: { statuses: [COMPLETED, FAILED, ENDED] }',
      'filter: { createdById: $user }',
      'filter: { agentId: $agent }',
      'filter: { createdAfter: "2020-01-01T00:00:00.000Z", createdBefore: "2100-01-01T00:00:00.000Z" }',
      'filter: { search: "hello there" }',
      'filter: { metadata: { order: "42" } }',
      'filter: { statuses: [COMPLETED], createdById: $user, agentId: $agent, search: "hello" }',
    ],
    users: ['', 'role: USER', 'role: ADMIN, search: "user"', 'search: "user-"'],
    agents: [''],
    auditEvents: [
      '',
      'filter: { actions: ["user.login"] }',
      'filter: { actions: ["user.login", "call.created", "user.joined"] }',
      'filter: { actorId: $user }',
      'filter: { from: "2020-01-01T00:00:00.000Z", to: "2100-01-01T00:00:00.000Z" }',
      'filter: { actions: ["call.created"], actorId: $user, from: "2020-01-01T00:00:00.000Z" }',
    ],
  };

  it.each(
    Object.entries(lists).flatMap(([list, filters]) =>
      filters.flatMap(filter => [
        { list, filter, direction: 'forward' },
        ...(list === 'calls' ? [{ list, filter, direction: 'backward' }] : []),
      ]),
    ),
  )('serve $list($filter) $direction, page by page, in their order', async ({ list, filter, direction }) => {
    const [size, cursor, place] =
      direction === 'forward' ? ['first', 'after', 'endCursor'] : ['last', 'before', 'startCursor'];
    for (const viewer of list === 'calls' ? [client, (await userOf()).client] : [client]) {
      let at: string | null = null;
      for (let pages = 0; pages < 3; pages += 1) {
        const uses = ['user', 'agent']
          .filter(name => filter.includes(`$${name}`))
          .map(name => `, $${name}: ID`);
        const query = `query ($at: String${uses.join('')}) { ${list}(${size}: 20, ${cursor}: $at${filter && `, ${filter}`}) { ${page} } }`;
        let answer: Loose;
        const entries = await profiled(async () => {
          answer = await viewer.data(query, { at, user: ids.user, agent: ids.agent });
        });
        expect(scans(entries)).toEqual([]);
        expect(sorts(entries)).toEqual([]);
        at = answer[list].pageInfo[place];
        if (at === null) break;
      }
    }
  });

  let plainUser: Promise<Loose> | undefined;
  const userOf = () => (plainUser ??= tenant.user());

  it.each([
    [
      'versions',
      'query ($id: ID!, $at: String) { agent(id: $id) { list: versions(first: 20, after: $at) { totalCount pageInfo { endCursor } } } }',
      'agent',
    ],
    [
      'transcript',
      'query ($id: ID!, $at: String) { call(id: $id) { list: transcript(first: 20, after: $at) { totalCount pageInfo { endCursor } } } }',
      'call',
    ],
    [
      'events',
      'query ($id: ID!, $at: String) { call(id: $id) { list: events(first: 20, after: $at) { totalCount pageInfo { endCursor } } } }',
      'call',
    ],
  ] as const)('serve the %s of one thing, page by page, in their order', async (_list, query, owner) => {
    let at: string | null = null;
    for (let pages = 0; pages < 3; pages += 1) {
      let answer: Loose;
      const entries = await profiled(async () => {
        answer = await client.data(query, { id: ids[owner], at });
      });
      expect(scans(entries)).toEqual([]);
      expect(sorts(entries)).toEqual([]);
      at = answer[owner].list.pageInfo.endCursor;
    }
  });

  it('serve everything else that the API reads', async () => {
    const entries = await profiled(async () => {
      await client.data(
        '{ invitations { id } apiKeys { id } viewer { id } tenant { id } branding { name } eventCursor verifyAuditLog { isIntact checked } }',
      );
      await client.data(
        '{ dashboard { totalCalls totalUsers callsByDay(days: 366) { count } recentCalls { id agent { id } createdBy { id } queuePosition } } }',
      );
      await client.data(
        'query ($id: ID!) { node(id: $id) { id } call(id: $id) { agent { id } createdBy { id } recording { url } } }',
        { id: ids.call },
      );
      await server.client().refusal('mutation { refreshSession(refreshToken: "none") { user { id } } }');
      await client.data('mutation { requestPasswordReset(email: "lost@people.example") }');
    });
    expect(entries.length).toBeGreaterThan(10);
    expect(scans(entries)).toEqual([]);
    expect(sorts(entries)).toEqual([]);
  });

  it('serve the figures of calls, with every filter, and the use of a month', async () => {
    const input = {
      from: new Date(Date.now() - 86_400_000 * 30),
      to: new Date(),
      metrics: ['CALLS', 'P95_DURATION'],
    };
    const filters = [
      {},
      { createdById: ids.user },
      { agentId: ids.agent },
      { statuses: ['COMPLETED'] },
      { search: 'hello' },
    ];
    const entries = await profiled(async () => {
      for (const filter of filters) {
        await client.data(
          'query ($input: CallAnalyticsInput!) { callAnalytics(input: $input) { rows { values } } }',
          { input: { ...input, groupBy: ['STATUS'], bucket: 'DAY', filter } },
        );
      }
      await client.data('{ usage { calls callMinutes peakConcurrentCalls } }');
    });
    expect(scans(entries)).toEqual([]);
    const sums = entries.filter(({ ns, command }) => ns.endsWith('usageEntries') && 'aggregate' in command);
    expect(sums.map(({ docsExamined }) => docsExamined)).toEqual([0]);
  });

  it('serve webhooks: their lists, what they follow and send, and a replay', async () => {
    const { webhooks } = await client.data('{ webhooks { id isEnabled } }');
    const { id } = webhooks.find((webhook: Loose) => webhook.isEnabled);
    const [from, to] = [new Date(Date.now() - 86_400_000), new Date(Date.now() + 86_400_000)];
    const entries = await profiled(async () => {
      await client.data(
        'query ($id: ID!) { node(id: $id) { ... on Webhook { deliveries { totalCount nodes { id } pageInfo { endCursor } } } } }',
        { id },
      );
      await client.data(
        'mutation ($id: ID!, $from: DateTime!, $to: DateTime!) { replayWebhook(id: $id, from: $from, to: $to) }',
        { id, from, to },
      );
      // The courier takes it up by itself.
      const next = () =>
        db.collection('jobs').findOne({ kind: { $in: ['webhook', 'slow-webhook', 'failing-webhook'] } });
      while (
        ((await next())?.['leasedUntil'] ?? null) !== null ||
        Number((await next())?.['dueAt']) < Date.now()
      )
        await new Promise(resolve => setTimeout(resolve, 50));
    });
    expect(entries.some(({ ns, command }) => ns.endsWith('webhookDeliveries') && command.aggregate)).toBe(
      true,
    );
    expect(scans(entries)).toEqual([]);
    expect(sorts(entries)).toEqual([]);
  });

  it('serve a subscriber who comes back, for all calls, for one and for one user', async () => {
    const user = await userOf();
    const entries = await profiled(async () => {
      const streams = [
        client.subscribe('subscription { callEvents(after: "") { id } }'),
        client.subscribe('subscription ($id: ID) { callEvents(callId: $id, after: "") { id } }', {
          id: ids.call,
        }),
        client.subscribe('subscription { auditEvents(after: "") { id } }'),
      ];
      for (const stream of streams) await stream.until(({ values }) => values.length > 5);
      const own = user.client.subscribe('subscription { callEvents(after: "") { id } }');
      await startCall(user.client);
      await own.until(({ values }: Loose) => values.length > 0);
      for (const stream of [...streams, own]) stream.stop();
    });
    expect(scans(entries)).toEqual([]);
    expect(sorts(entries)).toEqual([]);
  });

  it('serve the scans for jobs that are due and for rows that wait', async () => {
    const entries = await profiled(async () => {
      await server.app.get(Jobs).due(['call', 'retention'], 50);
      await server.app.get(Jobs).due(['webhook'], 50, [tenantIdOf(tenant)]);
      await server.app.get(Jobs).nextDueAt();
      await server.app.get(Outbox).streamsWaiting(new Date(), 50);
      await server.app.get(Outbox).oldest();
    });
    expect(scans(entries)).toEqual([]);
    expect(sorts(entries)).toEqual([]);
  });

  it('are tried on collections that hold enough for a scan to lose', async () => {
    for (const [collection, least] of Object.entries(FILLED)) {
      expect([collection, (await db.collection(collection).countDocuments()) >= least]).toEqual([
        collection,
        true,
      ]);
    }
  });
});

function indexesOf(schema: Schema): [string, string][] {
  return schema.indexes().map(([keys, options]) => [
    Object.entries(keys)
      .map(([path, order]) => (Number(order) === -1 ? `${path} ↓` : path))
      .join(', '),
    [
      options.unique ? 'unique' : '',
      options.partialFilterExpression
        ? `only where \`${JSON.stringify(options.partialFilterExpression)}\``
        : '',
      options.expireAfterSeconds === undefined ? '' : `removes ${String(options.expireAfterSeconds)} s after`,
    ]
      .filter(Boolean)
      .join(', '),
  ]);
}
