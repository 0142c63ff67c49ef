import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newObjectId } from '../../src/mongo/object-id.js';
import type { Loose } from '../kit/client.js';
import { callWithStatus, seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const FIGURES = `query ($input: CallAnalyticsInput!) {
  callAnalytics(input: $input) { rows { bucketStart values } }
}`;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the clocks of a zone show, by the rules that Node has: `2026-07-01 05:30:00`. */
function clock(moment: Date, timeZone: string): string {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
  formats.set(timeZone, format);
  const parts = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
  return `${parts['year']}-${parts['month']}-${parts['day']} ${parts['hour']}:${parts['minute']}:${parts['second']}`;
}

/** The name of the day, week or month that the clocks of a zone show. */
function nameOf(moment: Date, bucket: string, timeZone: string): string {
  const day = clock(moment, timeZone).slice(0, 10);
  if (bucket === 'DAY') return day;
  if (bucket === 'MONTH') return day.slice(0, 7);
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}

/** When a day, week or month began: found by looking at every quarter of an hour before, and then every second. */
function beginningOf(moment: Date, bucket: string, timeZone: string): string {
  const name = nameOf(moment, bucket, timeZone);
  const reach = { DAY: 2, WEEK: 9, MONTH: 33 }[bucket] ?? 0;
  let first = moment.getTime();
  for (let at = moment.getTime() - reach * DAY_MS; at < moment.getTime(); at += 15 * MINUTE_MS) {
    if (nameOf(new Date(at), bucket, timeZone) !== name) continue;
    first = at;
    break;
  }
  while (nameOf(new Date(first - 1000), bucket, timeZone) === name) first -= 1000;
  return new Date(first).toISOString();
}

describe('Figures of calls by time', () => {
  let server: TestServer;
  let template: Record<string, unknown>;

  beforeAll(async () => {
    server = await startTestServer();
    const tenant = await seedTenant(server);
    const { id } = await startCall(tenant.admin.client);
    await callWithStatus(tenant.admin.client, id, 'COMPLETED');
    template = (await server.db.collection('calls').findOne({}, { sort: { _id: -1 } })) ?? {};
  });
  afterAll(() => server.stop());

  /** A tenant with a call at each of some moments. */
  async function tenantWith(moments: readonly Date[]): Promise<SeededTenant> {
    const tenant = await seedTenant(server);
    const own = await server.db.collection('tenants').findOne({ subdomain: tenant.subdomain });
    await server.db
      .collection('calls')
      .insertMany(
        moments.map(createdAt => ({ ...template, _id: newObjectId(), tenantId: own?._id, createdAt })),
      );
    return tenant;
  }

  async function rowsOf(moments: readonly Date[], bucket: string, timeZone: string): Promise<Loose[]> {
    const { admin } = await tenantWith(moments);
    const times = moments.map(moment => moment.getTime());
    const input = {
      from: new Date(Math.min(...times)).toISOString(),
      to: new Date(Math.max(...times) + 1).toISOString(),
      metrics: ['CALLS'],
      bucket,
      timeZone,
    };
    return (await admin.client.data(FIGURES, { input })).callAnalytics.rows as Loose[];
  }

  it.each([
    ['HOUR', 'Asia/Colombo', '2026-03-01T00:10:00Z', '2026-02-28T23:30:00.000Z'],
    ['HOUR', 'Asia/Kathmandu', '2026-03-01T00:10:00Z', '2026-02-28T23:15:00.000Z'],
    ['HOUR', 'Pacific/Chatham', '2026-07-01T00:10:00Z', '2026-06-30T23:15:00.000Z'],
    ['DAY', 'America/Mexico_City', '2026-07-01T05:30:00Z', '2026-06-30T06:00:00.000Z'],
    ['MONTH', 'America/Havana', '2026-11-01T04:30:00Z', '2026-11-01T04:00:00.000Z'],
    // Midnight does not exist there on these days: they begin at one.
    ['DAY', 'America/Havana', '2026-03-08T12:00:00Z', '2026-03-08T05:00:00.000Z'],
    ['DAY', 'Asia/Beirut', '2026-03-29T12:00:00Z', '2026-03-28T22:00:00.000Z'],
    ['DAY', 'Africa/Cairo', '2026-04-24T12:00:00Z', '2026-04-23T22:00:00.000Z'],
    ['DAY', 'America/Santiago', '2026-09-06T12:00:00Z', '2026-09-06T04:00:00.000Z'],
    // The day before was left out.
    ['DAY', 'Pacific/Apia', '2011-12-30T12:00:00Z', '2011-12-30T10:00:00.000Z'],
    ['WEEK', 'Pacific/Apia', '2011-12-31T12:00:00Z', '2011-12-26T10:00:00.000Z'],
    // At one minute past midnight clocks were set back into the day before.
    ['DAY', 'America/St_Johns', '2006-10-29T12:00:00Z', '2006-10-29T02:30:00.000Z'],
    // By two hours, and names that are kept for the sake of old programs.
    ['DAY', 'Antarctica/Troll', '2026-03-29T12:00:00Z', '2026-03-29T00:00:00.000Z'],
    ['DAY', 'US/Eastern', '2026-07-01T03:00:00Z', '2026-06-30T04:00:00.000Z'],
    ['DAY', 'Asia/Calcutta', '2026-07-01T18:29:00Z', '2026-06-30T18:30:00.000Z'],
    ['DAY', 'europe/berlin', '2026-07-01T21:59:00Z', '2026-06-30T22:00:00.000Z'],
    ['MONTH', 'America/New_York', '1883-10-15T12:00:00Z', '1883-10-01T04:56:02.000Z'],
  ])('%s in %s: a call of %s is of what began at %s', async (bucket, timeZone, call, start) => {
    expect(await rowsOf([new Date(call)], bucket, timeZone)).toEqual([
      { bucketStart: start, values: { CALLS: 1 } },
    ]);
  });

  it.each([
    ['Australia/Lord_Howe', '2026-04-03T00:00:00Z'],
    ['Australia/Lord_Howe', '2026-10-02T00:00:00Z'],
    ['America/Havana', '2026-10-30T00:00:00Z'],
    ['America/Santiago', '2026-04-03T00:00:00Z'],
    ['Asia/Beirut', '2026-10-23T00:00:00Z'],
    ['Africa/Casablanca', '2026-02-13T00:00:00Z'],
    ['Antarctica/Troll', '2026-10-23T00:00:00Z'],
    ['Pacific/Chatham', '2026-09-25T00:00:00Z'],
    ['Pacific/Apia', '2011-12-28T00:00:00Z'],
  ])('days, weeks and months in %s are those that clocks show from %s on', async (timeZone, from) => {
    const moments = Array.from(
      { length: 180 },
      (_, index) => new Date(Date.parse(from) + index * 47 * MINUTE_MS + 13_000),
    );
    for (const bucket of ['DAY', 'WEEK', 'MONTH']) {
      const expected = new Map<string, { start: string; count: number }>();
      for (const moment of moments) {
        const name = nameOf(moment, bucket, timeZone);
        const known = expected.get(name) ?? { start: beginningOf(moment, bucket, timeZone), count: 0 };
        expected.set(name, { ...known, count: known.count + 1 });
      }
      expect(
        (await rowsOf(moments, bucket, timeZone)).map(row => [row.bucketStart, row.values.CALLS]),
      ).toEqual([...expected.values()].map(({ start, count }) => [start, count]));
    }
  });

  it.each([
    ['Australia/Lord_Howe', '2026-04-04T10:00:00Z'],
    ['Australia/Lord_Howe', '2026-10-03T10:00:00Z'],
    ['Pacific/Chatham', '2026-04-04T10:00:00Z'],
    ['America/Havana', '2026-11-01T00:00:00Z'],
    ['Asia/Kathmandu', '1985-12-31T12:00:00Z'],
    ['Africa/Monrovia', '1972-01-06T20:00:00Z'],
  ])(
    'hours in %s from %s on begin on the hour or where clocks are set, and never behind a call',
    async (timeZone, from) => {
      const moments = Array.from(
        { length: 160 },
        (_, index) => new Date(Date.parse(from) + index * 7 * MINUTE_MS),
      );
      const starts = (await rowsOf(moments, 'HOUR', timeZone)).map(
        row => [new Date(row.bucketStart as string), row.values.CALLS as number] as const,
      );
      expect(starts.reduce((sum, [, calls]) => sum + calls, 0)).toBe(moments.length);
      for (const [index, [start, calls]] of starts.entries()) {
        const next = starts[index + 1]?.[0] ?? new Date(8.64e15);
        const inside = moments.filter(moment => moment >= start && moment < next);
        expect(inside.length).toBe(calls);
        for (const moment of inside)
          expect(clock(moment, timeZone).slice(0, 13)).toBe(clock(start, timeZone).slice(0, 13));
        const isOnTheHour = clock(start, timeZone).endsWith(':00:00');
        const before = new Date(start.getTime() - 1000);
        const isSet =
          Date.parse(`${clock(start, timeZone)}Z`) - Date.parse(`${clock(before, timeZone)}Z`) !== 1000;
        expect([start.toISOString(), isOnTheHour || isSet]).toEqual([start.toISOString(), true]);
      }
    },
  );

  it.each(['Mars/Olympus', '', 'UTC+1', 'Europe', '../UTC', 'Europe/Berlin\u0000'])(
    'by the time zone %j are refused',
    async timeZone => {
      const { admin } = await tenantWith([new Date()]);
      const input = {
        from: '2026-01-01T00:00:00Z',
        to: '2026-01-02T00:00:00Z',
        metrics: ['CALLS'],
        timeZone,
      };
      const refusal = await admin.client.refusal(FIGURES, { input });
      expect(refusal.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: { 'input.timeZone': expect.any(String) },
      });
    },
  );
});
