import type { PipelineStage } from 'mongoose';
import { toPublicId } from '../../ids/public-id.js';
import type { ObjectId } from '../../mongo/object-id.js';
import type { CallAnalyticsRowModel, CallDimension, CallMetric } from './call-analytics.model.js';
import type { TimeBuckets } from './time-buckets.js';

/** What is to be told apart, and how. */
export interface Grouping {
  readonly groupBy: readonly CallDimension[];
  /** null: all the time together. */
  readonly buckets: TimeBuckets | null;
}

/** What {@link figuresPipeline} finds for one group. */
export interface FiguresRow {
  readonly _id: Readonly<Record<string, unknown>>;
  readonly calls: number;
  readonly completed: number;
  readonly failed: number;
  /** Calls that were joined and are over. */
  readonly timed: number;
  readonly durationMs: number;
  readonly p95Ms?: number | null;
  readonly billedSeconds: number;
}

const FIELDS: Readonly<Record<CallDimension, string>> = {
  STATUS: '$status',
  AGENT: '$agentId',
  CREATED_BY: '$createdById',
  END_REASON: '$endReason',
  MEDIUM: '$medium',
};

const isTimed = { $and: [{ $ne: ['$joinedAt', null] }, { $ne: ['$endedAt', null] }] };
const durationMs = { $max: [0, { $subtract: ['$endedAt', '$joinedAt'] }] };
const countOf = (status: string) => ({ $sum: { $cond: [{ $eq: ['$status', status] }, 1, 0] } });

/**
 * Adds calls up in groups, by time first.
 * @param mostCalls of more than these, one is read beyond them, so that it can be told.
 * @param mostRows the same for groups.
 */
export function figuresPipeline(
  { groupBy, buckets }: Grouping,
  metrics: readonly CallMetric[],
  { mostCalls, mostRows }: { readonly mostCalls: number; readonly mostRows: number },
): PipelineStage[] {
  const key = {
    ...(buckets && { bucket: buckets.labelOf('$createdAt') }),
    ...Object.fromEntries(groupBy.map(dimension => [dimension, FIELDS[dimension]])),
  };
  const isRanked = metrics.includes('P95_DURATION');
  return [
    { $limit: mostCalls + 1 },
    {
      $group: {
        _id: key,
        calls: { $sum: 1 },
        completed: countOf('COMPLETED'),
        failed: countOf('FAILED'),
        timed: { $sum: { $cond: [isTimed, 1, 0] } },
        durationMs: { $sum: { $cond: [isTimed, durationMs, 0] } },
        billedSeconds: { $sum: '$billedSeconds' },
        ...(isRanked && { durations: { $push: { $cond: [isTimed, durationMs, null] } } }),
      },
    },
    ...(isRanked ? RANKING : []),
    { $sort: Object.fromEntries([...Object.keys(key).map(name => [`_id.${name}`, 1] as const), ['_id', 1]]) },
    { $limit: mostRows + 1 },
  ];
}

/** Nearest rank: the n-th least of all durations, n being 95 % of their number, rounded up. Nulls come first. */
const RANKING: PipelineStage[] = [
  {
    $set: {
      p95Ms: {
        $cond: [
          { $eq: ['$timed', 0] },
          null,
          {
            $arrayElemAt: [
              { $sortArray: { input: '$durations', sortBy: 1 } },
              {
                $add: [
                  { $subtract: ['$calls', '$timed'] },
                  { $subtract: [{ $ceil: { $divide: [{ $multiply: ['$timed', 95] }, 100] } }, 1] },
                ],
              },
            ],
          },
        ],
      },
    },
  },
  { $unset: 'durations' },
];

/** What stands for no calls at all. */
export const NO_FIGURES: FiguresRow = {
  _id: {},
  calls: 0,
  completed: 0,
  failed: 0,
  timed: 0,
  durationMs: 0,
  billedSeconds: 0,
};

/** A row as the API shows it. */
export function toRowModel(
  row: FiguresRow,
  { groupBy, buckets }: Grouping,
  metrics: readonly CallMetric[],
): CallAnalyticsRowModel {
  return {
    bucketStart: buckets?.beginningOf(Number(row._id['bucket'])) ?? null,
    group: Object.fromEntries(
      groupBy.map(dimension => [dimension, publicValue(dimension, row._id[dimension])]),
    ),
    values: Object.fromEntries(metrics.map(metric => [metric, valueOf(metric, row)])),
  };
}

function publicValue(dimension: CallDimension, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  switch (dimension) {
    case 'AGENT':
      return toPublicId('agent', value as ObjectId);
    case 'CREATED_BY':
      return toPublicId('user', value as ObjectId);
    case 'STATUS':
    case 'END_REASON':
    case 'MEDIUM':
      return value;
  }
}

function valueOf(metric: CallMetric, row: FiguresRow): number | null {
  switch (metric) {
    case 'CALLS':
      return row.calls;
    case 'COMPLETED':
      return row.completed;
    case 'FAILED':
      return row.failed;
    case 'COMPLETION_RATE':
      return ratio(row.completed, row.calls);
    case 'TOTAL_DURATION':
      return row.durationMs / 1000;
    case 'AVERAGE_DURATION':
      return ratio(row.durationMs / 1000, row.timed);
    case 'P95_DURATION':
      return row.p95Ms == null ? null : row.p95Ms / 1000;
    case 'BILLED_SECONDS':
      return row.billedSeconds;
  }
}

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
