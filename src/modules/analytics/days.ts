import type { PipelineStage } from 'mongoose';

const DAY_MS = 86_400_000;

/** Calls of a day. */
export interface DayCount {
  /** YYYY-MM-DD, UTC. */
  readonly day: string;
  readonly count: number;
}

/** Counts calls by the day, UTC, on which they were made. */
export const DAYS_PIPELINE: PipelineStage[] = [
  { $group: { _id: { $dateToString: { date: '$createdAt', format: '%Y-%m-%d' } }, count: { $sum: 1 } } },
];

/** The start, UTC, of the first of the `days` days that end with the day of `now`. */
export function firstDay(days: number, now: Date): Date {
  return new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS - (days - 1) * DAY_MS);
}

/** One entry per day from `first` on, oldest first; days without calls are there with 0. */
export function fillDays(
  rows: readonly { readonly _id: string; readonly count: number }[],
  days: number,
  first: Date,
): DayCount[] {
  const counts = new Map(rows.map(row => [row._id, row.count]));
  return Array.from({ length: days }, (_, index) => {
    const day = new Date(first.getTime() + index * DAY_MS).toISOString().slice(0, 10);
    return { day, count: counts.get(day) ?? 0 };
  });
}
