import type { PipelineStage } from 'mongoose';
import { CALL_STATUSES, type CallStatus } from '../../events/call-event.schema.js';

/** What {@link TOTALS_PIPELINE} finds for one status. */
export interface StatusRow {
  readonly _id: CallStatus;
  readonly count: number;
  /** Calls that were joined and are over. */
  readonly timed: number;
  readonly durationMs: number;
}

/** The calls at a glance. */
export interface CallTotals {
  readonly totalCalls: number;
  readonly activeCalls: number;
  readonly completedCalls: number;
  readonly failedCalls: number;
  readonly averageDurationSeconds: number;
  readonly totalDurationSeconds: number;
  readonly callsByStatus: { readonly status: CallStatus; readonly count: number }[];
}

const ACTIVE: readonly CallStatus[] = ['QUEUED', 'RINGING', 'IN_PROGRESS'];

const isTimed = { $and: [{ $ne: ['$joinedAt', null] }, { $ne: ['$endedAt', null] }] };

/** Counts calls by status, with the time between join and end; a clock that ran backwards counts as 0. */
export const TOTALS_PIPELINE: PipelineStage[] = [
  {
    $group: {
      _id: '$status',
      count: { $sum: 1 },
      timed: { $sum: { $cond: [isTimed, 1, 0] } },
      durationMs: {
        $sum: { $cond: [isTimed, { $max: [0, { $subtract: ['$endedAt', '$joinedAt'] }] }, 0] },
      },
    },
  },
];

/** Adds the rows up. Every status is there, also those without calls. */
export function totalsOf(rows: readonly StatusRow[]): CallTotals {
  const countOf = (status: CallStatus) => rows.find(row => row._id === status)?.count ?? 0;
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  const timed = sum(rows.map(row => row.timed));
  const totalDurationSeconds = sum(rows.map(row => row.durationMs)) / 1000;
  return {
    totalCalls: sum(CALL_STATUSES.map(countOf)),
    activeCalls: sum(ACTIVE.map(countOf)),
    completedCalls: countOf('COMPLETED'),
    failedCalls: countOf('FAILED'),
    averageDurationSeconds: timed === 0 ? 0 : totalDurationSeconds / timed,
    totalDurationSeconds,
    callsByStatus: CALL_STATUSES.map(status => ({ status, count: countOf(status) })),
  };
}
