import { billOf, isCharged } from './bill.js';
import type { CallDesk } from './call-desk.js';
import { callFilter } from './call-filters.js';
import { timelineOf } from './call-timeline.js';
import type { Json } from './call-view.js';
import { msToDuration } from './duration.js';
import { HttpFailure, type Reply } from './http-reply.js';
import type { ApiRequest } from './http-request.js';
import type { Route } from './router.js';
import type { StoredCall } from './stored-call.js';

/** What the account has used and owes: its own bill, to the second. Deleted calls stay on it. */
export function usageRoutes(desk: CallDesk): Route[] {
  return [
    { method: 'GET', path: '/api/accounts/me/usage/calls', handle: request => callUsage(request, desk) },
    { method: 'GET', path: '/api/accounts/me/billing/usage', handle: request => billing(request, desk) },
  ];
}

function callUsage({ url }: ApiRequest, desk: CallDesk): Reply {
  const now = desk.clock.now();
  const calls = desk.store.all().filter(callFilter(url.searchParams));
  const daily = [...grouped(calls, call => dayOf(call.createdAt))];
  const hourly = [...grouped(calls, call => new Date(call.createdAt).toISOString().slice(0, 13))];
  return {
    status: 200,
    json: {
      allTime: statistics(calls, now),
      daily: daily.map(([date, some]) => ({ date, ...statistics(some, now) })),
      hourly: hourly.map(([hour, some]) => ({
        date: hour.slice(0, 10),
        hour: Number(hour.slice(11)),
        ...statistics(some, now),
      })),
    },
  };
}

function billing({ url }: ApiRequest, desk: CallDesk): Reply {
  const now = desk.clock.now();
  for (const name of ['fromDate', 'toDate']) {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(url.searchParams.get(name) ?? '2000-01-01')) {
      throw new HttpFailure(400, { [name]: ['Enter a valid date.'] });
    }
  }
  const from = url.searchParams.get('fromDate') ?? '0000-01-01';
  const to = url.searchParams.get('toDate') ?? '9999-12-31';
  const days = [...grouped(desk.store.all(), call => dayOf(call.createdAt))]
    .filter(([date]) => date >= from && date <= to)
    .map(([date, calls]) => ({ date, minutes: minutes(calls, now), sipMinutes: sipMinutes(calls, now) }));
  return {
    status: 200,
    json: {
      dailyUsage: days,
      totalMinutes: tenths(days.reduce((sum, day) => sum + day.minutes, 0)),
      totalSipMinutes: tenths(days.reduce((sum, day) => sum + day.sipMinutes, 0)),
    },
  };
}

function statistics(calls: readonly StoredCall[], now: number): Json {
  const over = calls.map(timelineOf).filter(({ endedAt }) => endedAt <= now);
  return {
    totalCount: calls.length,
    errorCount: over.filter(({ endReason }) => endReason.endsWith('_error')).length,
    joinedCount: calls.filter(call => (timelineOf(call).joinedAt ?? Infinity) <= now).length,
    duration: msToDuration(
      over.reduce((sum, { joinedAt, endedAt }) => sum + (endedAt - (joinedAt ?? endedAt)), 0),
    ),
    billedMinutes: minutes(calls, now),
  };
}

function minutes(calls: readonly StoredCall[], now: number): number {
  const bills = calls.map(call => billOf(call, now)).filter(bill => bill !== null && isCharged(bill));
  return tenths(bills.reduce((sum, bill) => sum + (bill?.callSeconds ?? 0), 0) / 60);
}

function sipMinutes(calls: readonly StoredCall[], now: number): number {
  return tenths(calls.reduce((sum, call) => sum + (billOf(call, now)?.sipSeconds ?? 0), 0) / 60);
}

/** Bills are made of tenths of minutes: what is more comes from counting in binary. */
const tenths = (value: number): number => Math.round(value * 10) / 10;

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

function grouped(
  calls: readonly StoredCall[],
  keyOf: (call: StoredCall) => string,
): Map<string, StoredCall[]> {
  const groups = new Map<string, StoredCall[]>();
  for (const call of calls) {
    const key = keyOf(call);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [call]);
    else group.push(call);
  }
  return groups;
}
