import { Extensions, Field, ObjectType } from '@nestjs/graphql';
import { enumOf } from '../../schema/enums.js';
import { JSONObject } from '../../schema/scalars.js';

export const CALL_METRICS = [
  'CALLS',
  'COMPLETED',
  'FAILED',
  'COMPLETION_RATE',
  'TOTAL_DURATION',
  'AVERAGE_DURATION',
  'P95_DURATION',
  'BILLED_SECONDS',
] as const;
export type CallMetric = (typeof CALL_METRICS)[number];

export const CALL_DIMENSIONS = ['STATUS', 'AGENT', 'CREATED_BY', 'END_REASON', 'MEDIUM'] as const;
export type CallDimension = (typeof CALL_DIMENSIONS)[number];

export const TIME_BUCKETS = ['HOUR', 'DAY', 'WEEK', 'MONTH'] as const;
export type TimeBucket = (typeof TIME_BUCKETS)[number];

export const CallMetricEnum = enumOf(
  'CallMetric',
  CALL_METRICS,
  'CALLS: how many were made. COMPLETED and FAILED: how many of them have that status. COMPLETION_RATE: COMPLETED / CALLS. ' +
    'Durations are seconds from the join to the end, over calls that have both; P95_DURATION is the least of them that ' +
    '95 % do not exceed (nearest rank, exact). BILLED_SECONDS: what the provider has billed so far.',
);
export const CallDimensionEnum = enumOf(
  'CallDimension',
  CALL_DIMENSIONS,
  'What calls are told apart by. AGENT and CREATED_BY are ids; null: made without an agent, not made by a user. ' +
    'END_REASON null: not over.',
);
export const TimeBucketEnum = enumOf(
  'TimeBucket',
  TIME_BUCKETS,
  'Pieces of time in the time zone asked for; weeks begin on Monday.',
);

@ObjectType('CallAnalyticsRow', {
  description: 'The figures of the calls of one piece of time and one group.',
})
export class CallAnalyticsRowModel {
  @Field(() => Date, { nullable: true, description: 'When the piece of time begins; null without `bucket`.' })
  bucketStart!: Date | null;

  @Field(() => JSONObject, { description: 'The dimensions asked for, by their names.' })
  group!: Record<string, unknown>;

  @Field(() => JSONObject, {
    description: 'The metrics asked for, by their names; null for an average or a rate of nothing.',
  })
  values!: Record<string, number | null>;
}

@ObjectType('CallAnalytics')
export class CallAnalyticsModel {
  // Some of the 5,000 rows that there may be: a report of the usual length must not use up its tenant's budget.
  @Extensions({ listSize: 500 })
  @Field(() => [CallAnalyticsRowModel], {
    description:
      'By time, then by group. Only rows with calls are there: a piece of time or a group without calls has none. Without ' +
      '`bucket` and `groupBy` there is always one.',
  })
  rows!: CallAnalyticsRowModel[];
}
