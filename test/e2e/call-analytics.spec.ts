import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { toPublicId } from '../../src/ids/public-id.js';
import { newObjectId, parseObjectId } from '../../src/mongo/object-id.js';
import type { Client, Loose } from '../kit/client.js';
import { callWithStatus, seedTenant, type SeededTenant, type SeededUser, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const FIGURES = `query ($input: CallAnalyticsInput!) {
  callAnalytics(input: $input) { rows { bucketStart group values } }
}`;
const ALL = [
  'CALLS',
  'COMPLETED',
  'FAILED',
  'COMPLETION_RATE',
  'TOTAL_DURATION',
  'AVERAGE_DURATION',
  'P95_DURATION',
  'BILLED_SECONDS',
];
const HOUR_MS = 3_600_000;

/** A call as it is known to the test. */
interface Known {
  readonly createdAt: Date;
  readonly status: string;
  readonly endReason: string | null;
  readonly medium: string;
  readonly agent: string | null;
  readonly creator: string;
  /** null: not joined, or not over. */
  readonly seconds: number | null;
  readonly billed: number | null;
}

const OUTCOMES = [
  ['COMPLETED', 'HANGUP', true],
  ['COMPLETED', 'AGENT_HANGUP', true],
  ['FAILED', 'CONNECTION_ERROR', true],
  ['ENDED', 'UNJOINED', false],
  ['IN_PROGRESS', null, false],
] as const;

/** One call every 37 minutes around a change of clocks, the same in every run. */
function knownCalls(
  from: string,
  count: number,
  agents: readonly (string | null)[],
  creators: readonly string[],
) {
  return Array.from({ length: count }, (_, index): Known => {
    const [status, endReason, isTimed] = OUTCOMES[(index * 7) % OUTCOMES.length] as (typeof OUTCOMES)[number];
    const seconds = isTimed ? ((index * 7919) % 600_000) / 1000 : null;
    return {
      createdAt: new Date(Date.parse(from) + index * 37 * 60_000),
      status,
      endReason,
      medium: index % 3 ? 'WEB' : 'PHONE',
      agent: agents[index % agents.length] ?? null,
      creator: creators[index % creators.length] as string,
      seconds,
      billed: seconds === null ? null : Math.ceil(seconds / 6) * 6,
    };
  });
}

/** The figures of some calls, worked out one by one. */
function figuresOf(calls: readonly Known[]): Record<string, number | null> {
  const timed = calls.flatMap(({ seconds }) => (seconds === null ? [] : [seconds])).sort((a, b) => a - b);
  const total = timed.reduce((sum, seconds) => sum + seconds, 0);
  const count = (status: string) => calls.filter(call => call.status === status).length;
  return {
    CALLS: calls.length,
    COMPLETED: count('COMPLETED'),
    FAILED: count('FAILED'),
    COMPLETION_RATE: calls.length ? count('COMPLETED') / calls.length : null,
    TOTAL_DURATION: total,
    AVERAGE_DURATION: timed.length ? total / timed.length : null,
    P95_DURATION: timed.find((_, index) => (index + 1) * 100 >= timed.length * 95) ?? null,
    BILLED_SECONDS: calls.reduce((sum, { billed }) => sum + (billed ?? 0), 0),
  };
}

/** The date and time that a clock on the wall shows. */
function wallClock(moment: Date, timeZone: string): Record<string, string> {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    weekday: 'short',
  }).formatToParts(moment);
  return Object.fromEntries(parts.map(({ type, value }) => [type, value]));
}

/** The local day, week (by its Monday) or month of a moment. */
function labelOf(moment: Date, bucket: string, timeZone: string): string {
  const { year, month, day, weekday } = wallClock(moment, timeZone);
  if (bucket === 'MONTH') return `${year}-${month}`;
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  const sinceMonday = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(weekday as string);
  if (bucket === 'WEEK') date.setUTCDate(date.getUTCDate() - sinceMonday);
  return date.toISOString().slice(0, 10);
}

function grouped(calls: readonly Known[], keyOf: (call: Known) => string): Map<string, Known[]> {
  const groups = new Map<string, Known[]>();
  for (const call of calls) groups.set(keyOf(call), [...(groups.get(keyOf(call)) ?? []), call]);
  return groups;
}

const close = (figures: Record<string, number | null>) =>
  Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, value === null ? null : expect.closeTo(value, 6)]),
  );

describe('The figures of calls', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let user: SeededUser;
  let admin: Client;
  let agent: string;
  let spring: Known[];
  let autumn: Known[];

  beforeAll(async () => {
    server = await startTestServer({ env: { REQUESTS_PER_MINUTE: '100000' } });
    tenant = await seedTenant(server);
    admin = tenant.admin.client;
    user = await tenant.user();
    const { createAgent } = await admin.data(
      'mutation { createAgent(input: { name: "One", systemPrompt: "You are one." }) { id } }',
    );
    agent = createAgent.id;
    const creators = [user.id, tenant.admin.id];
    // The clocks change on 31 March in Berlin and on 6 April in Lord Howe, by half an hour; on 3 November in New York.
    spring = knownCalls('2024-03-29T21:13:00Z', 330, [agent, null, null], creators);
    autumn = knownCalls('2024-11-01T03:11:00Z', 220, [null], creators);
    await keep(tenant, [...spring, ...autumn]);
    const other = await seedTenant(server);
    await keep(other, knownCalls('2024-03-29T21:13:00Z', 400, [null], [other.admin.id]));
  });
  afterAll(() => server.stop());

  /** Stores calls of the past: each is a copy of one that was really made, at its own time and with its own end. */
  async function keep(owner: SeededTenant, calls: readonly Known[]): Promise<void> {
    const made = await startCall(owner.admin.client);
    await callWithStatus(owner.admin.client, made.id, 'COMPLETED');
    const collection = server.db.collection('calls');
    const original = await collection.findOne({}, { sort: { _id: -1 } });
    const hex = (publicId: string | null) => publicId && parseObjectId(publicId.split('_')[1] ?? '');
    await collection.insertMany(
      calls.map(({ createdAt, status, endReason, medium, ...call }) => {
        const isOver = endReason !== null;
        const joinedAt = call.seconds === null ? null : new Date(createdAt.getTime() + 5000);
        const endedAt = new Date((joinedAt ?? createdAt).getTime() + (call.seconds ?? 0) * 1000);
        return {
          ...original,
          _id: newObjectId(),
          createdAt,
          status,
          endReason,
          medium,
          joinedAt,
          endedAt: isOver ? endedAt : null,
          billedSeconds: call.billed,
          agentId: hex(call.agent),
          createdById: hex(call.creator),
        };
      }),
    );
  }

  const rows = async (client: Client, input: object): Promise<Loose[]> =>
    (await client.data(FIGURES, { input })).callAnalytics.rows;
  const YEAR = { from: '2024-01-01T00:00:00Z', to: '2025-01-01T00:00:00Z' };

  it.each([
    ['search', { search: 'cancer' }],
    ['metadata', { metadata: { order: '1' } }],
    ['search', { search: 'cancer', statuses: ['COMPLETED'] }],
  ])('are not for keys that may not read calls where they are filtered by %s', async (_what, filter) => {
    const keyOf = async (...scopes: string[]) => {
      const { createApiKey } = await admin.data(
        'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
        { input: { name: 'Program', scopes } },
      );
      return server.client({ accessToken: createApiKey.secret as string });
    };
    const [from, to] = [new Date(Date.now() - HOUR_MS), new Date()];
    const input = { from, to, metrics: ['CALLS'], filter };
    const refused = await (await keyOf('ANALYTICS_READ')).refusal(FIGURES, { input });
    expect(refused.extensions.code).toBe('FORBIDDEN');
    expect(refused.message).toContain('CALLS_READ');
    await (await keyOf('ANALYTICS_READ', 'CALLS_READ')).data(FIGURES, { input });
    await (
      await keyOf('ANALYTICS_READ')
    ).data(FIGURES, { input: { ...input, filter: { statuses: ['COMPLETED'] } } });
  });

  it('are those of all calls together, of all metrics', async () => {
    const [row, ...others] = await rows(admin, { ...YEAR, metrics: ALL });
    expect(others).toEqual([]);
    expect(row).toEqual({ bucketStart: null, group: {}, values: close(figuresOf([...spring, ...autumn])) });
    expect(Object.keys(row.values as object)).toEqual(ALL);
  });

  it.each(
    ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'].flatMap(timeZone =>
      ['DAY', 'WEEK', 'MONTH'].map(bucket => ({ bucket, timeZone })),
    ),
  )('are told apart by $bucket in $timeZone, also where clocks change', async ({ bucket, timeZone }) => {
    const found = await rows(admin, { ...YEAR, metrics: ALL, bucket, timeZone });
    const expected = grouped([...spring, ...autumn], call => labelOf(call.createdAt, bucket, timeZone));
    expect(found.map(row => labelOf(new Date(row.bucketStart as string), bucket, timeZone))).toEqual([
      ...expected.keys(),
    ]);
    for (const row of found) {
      const start = new Date(row.bucketStart as string);
      const { hour, minute } = wallClock(start, timeZone);
      expect([hour, minute]).toEqual(['00', '00']);
      expect(row.values).toEqual(close(figuresOf(expected.get(labelOf(start, bucket, timeZone)) ?? [])));
    }
  });

  it.each(['UTC', 'Europe/Berlin', 'America/New_York'])(
    'are told apart by the hour in %s, of which one comes twice in autumn and one is missing in spring',
    async timeZone => {
      for (const calls of [spring, autumn]) {
        const [from, to] = [calls[0]?.createdAt, new Date((calls.at(-1)?.createdAt.getTime() ?? 0) + 1)];
        const found = await rows(admin, { from, to, metrics: ['CALLS'], bucket: 'HOUR', timeZone });
        const expected = grouped(calls, ({ createdAt }) =>
          new Date(Math.floor(createdAt.getTime() / HOUR_MS) * HOUR_MS).toISOString(),
        );
        expect(found.map(({ bucketStart, values }) => [bucketStart, values.CALLS])).toEqual(
          [...expected].map(([start, group]) => [start, group.length]),
        );
      }
    },
  );

  it('are told apart by every dimension, and by several at once', async () => {
    const input = { ...YEAR, metrics: ALL };
    const valueOf: Record<string, (call: Known) => string | null> = {
      STATUS: ({ status }) => status,
      AGENT: call => call.agent,
      CREATED_BY: ({ creator }) => creator,
      END_REASON: ({ endReason }) => endReason,
      MEDIUM: ({ medium }) => medium,
    };
    const dimensions = Object.keys(valueOf);
    for (const groupBy of [...dimensions.map(name => [name]), ['MEDIUM', 'STATUS'], dimensions]) {
      const groupOf = (call: Known) => Object.fromEntries(groupBy.map(name => [name, valueOf[name]?.(call)]));
      const expected = grouped([...spring, ...autumn], call => JSON.stringify(groupOf(call)));
      const found = await rows(admin, { ...input, groupBy });
      expect(new Set(found.map(({ group }) => JSON.stringify(group)))).toEqual(new Set(expected.keys()));
      for (const { group, values } of found) {
        expect(values).toEqual(close(figuresOf(expected.get(JSON.stringify(group)) ?? [])));
      }
    }
  });

  it('keep to a filter, and to the time within it', async () => {
    const created = (from: string, to: string) => (call: Known) =>
      call.createdAt >= new Date(from) && call.createdAt < new Date(to);
    const figures = async (input: object) =>
      (await rows(admin, { metrics: ALL, ...input }))[0]?.values as object;
    const [from, to] = ['2024-03-30T07:00:00Z', '2024-04-02T07:00:00Z'];
    const within = spring.filter(created(from, to));
    expect(await figures({ from, to })).toEqual(close(figuresOf(within)));
    expect(await figures({ ...YEAR, filter: { createdAfter: from, createdBefore: to } })).toEqual(
      close(figuresOf(within)),
    );
    expect(
      await figures({ from, to, filter: { agentId: agent, statuses: ['COMPLETED', 'FAILED'] } }),
    ).toEqual(
      close(
        figuresOf(
          within.filter(call => call.agent === agent && ['COMPLETED', 'FAILED'].includes(call.status)),
        ),
      ),
    );
    expect(await figures({ ...YEAR, filter: { createdById: user.id } })).toEqual(
      close(figuresOf([...spring, ...autumn].filter(({ creator }) => creator === user.id))),
    );
    expect(await figures({ ...YEAR, filter: { search: 'neverheard' } })).toEqual(figuresOf([]));
  });

  it('have no row where there are no calls, but always one for all together', async () => {
    const empty = { from: '2023-01-01T00:00:00Z', to: '2023-02-01T00:00:00Z', metrics: ALL };
    expect(await rows(admin, empty)).toEqual([{ bucketStart: null, group: {}, values: figuresOf([]) }]);
    expect(await rows(admin, { ...empty, bucket: 'DAY' })).toEqual([]);
    expect(await rows(admin, { ...empty, groupBy: ['STATUS'] })).toEqual([]);
  });

  it('are for a user those of his own calls alone, whatever he asks for', async () => {
    const own = [...spring, ...autumn].filter(({ creator }) => creator === user.id);
    for (const filter of [undefined, { createdById: tenant.admin.id }]) {
      const found = await rows(user.client, { ...YEAR, metrics: ALL, groupBy: ['CREATED_BY'], filter });
      expect(found).toEqual([
        { bucketStart: null, group: { CREATED_BY: user.id }, values: close(figuresOf(own)) },
      ]);
    }
  });

  it('are open to an API key that may read them, of all calls, and to no other', async () => {
    const key = async (...scopes: string[]) => {
      const { createApiKey } = await admin.data(
        'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
        { input: { name: 'figures', scopes } },
      );
      return server.client({ accessToken: createApiKey.secret });
    };
    const input = { ...YEAR, metrics: ['CALLS'] };
    expect(await rows(await key('ANALYTICS_READ'), input)).toMatchObject([{ values: { CALLS: 550 } }]);
    const refusal = await (await key('CALLS_READ')).refusal(FIGURES, { input });
    expect(refusal.extensions.code).toBe('FORBIDDEN');
  });

  it.each([
    ['a time that ends before it begins', { from: YEAR.to, to: YEAR.from }, 'input.to'],
    ['a time that is too long', { from: '2019-01-01T00:00:00Z' }, 'input.to'],
    ['no metrics', { metrics: [] }, 'input.metrics'],
    ['a time zone that is none', { timeZone: 'Mars/Olympus' }, 'input.timeZone'],
    ['a filter that cannot be', { filter: { search: 'x'.repeat(300) } }, 'input.filter.search'],
  ])('are refused for %s', async (_what, change, path) => {
    const refusal = await admin.refusal(FIGURES, { input: { ...YEAR, metrics: ['CALLS'], ...change } });
    expect(refusal.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: { [path]: expect.any(String) },
    });
  });

  it('are refused where they would be too many rows', async () => {
    const busy = await seedTenant(server);
    const hourly = Array.from({ length: 5001 }, (_, index) => ({
      ...(spring[0] as Known),
      createdAt: new Date(Date.UTC(2024, 0, 1) + index * HOUR_MS),
    }));
    await keep(busy, hourly);
    const ask = (bucket: string) => ({ input: { ...YEAR, metrics: ['CALLS'], bucket } });
    const refusal = await busy.admin.client.refusal(FIGURES, ask('HOUR'));
    expect(refusal.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: { 'input.bucket': expect.stringContaining('5000 rows') },
    });
    expect((await busy.admin.client.data(FIGURES, ask('DAY'))).callAnalytics.rows).toHaveLength(209);
  });

  it('never name an agent or a user of another tenant', async () => {
    const found = await rows(admin, { ...YEAR, metrics: ['CALLS'], groupBy: ['AGENT', 'CREATED_BY'] });
    const own = [user.id, tenant.admin.id];
    expect(found.every(({ group }) => own.includes(group.CREATED_BY as string))).toBe(true);
    const stranger = toPublicId('agent', newObjectId());
    const [row] = await rows(admin, { ...YEAR, metrics: ['CALLS'], filter: { agentId: stranger } });
    expect(row).toMatchObject({ values: { CALLS: 0 } });
  });
});
