import { Field, InputType } from '@nestjs/graphql';
import { z } from 'zod';
import { Nested, Rule } from '../../validation/rule.js';
import { CallFilter } from '../calls/call-filter.input.js';
import {
  CALL_DIMENSIONS,
  CALL_METRICS,
  type CallDimension,
  CallDimensionEnum,
  type CallMetric,
  CallMetricEnum,
  type TimeBucket,
  TimeBucketEnum,
} from './call-analytics.model.js';

/** The name of a time zone as the time zone database spells it. */
const timeZone = z.string().transform((name, context) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    context.addIssue('is not the name of a time zone, such as Europe/Berlin');
    return z.NEVER;
  }
});

@InputType({ description: 'Figures of the calls that were made in a time.' })
export class CallAnalyticsInput {
  @Field(() => Date, { description: 'Calls made at this moment or later.' })
  from!: Date;

  @Field(() => Date, { description: 'Calls made before this moment; at most 1100 days after `from`.' })
  to!: Date;

  @Field(() => [CallMetricEnum])
  @Rule(
    z
      .array(z.enum(CALL_METRICS))
      .min(1, 'must name at least one')
      .max(CALL_METRICS.length, 'must not name one twice'),
  )
  metrics!: CallMetric[];

  @Field(() => [CallDimensionEnum], { nullable: true })
  @Rule(z.array(z.enum(CALL_DIMENSIONS)).max(CALL_DIMENSIONS.length, 'must not name one twice'))
  groupBy?: CallDimension[] | null;

  @Field(() => TimeBucketEnum, { nullable: true, description: 'Absent: all the time together.' })
  bucket?: TimeBucket | null;

  @Field(() => String, {
    nullable: true,
    defaultValue: 'UTC',
    description: 'Where days, weeks and months begin at midnight: a name of the time zone database.',
  })
  @Rule(timeZone)
  timeZone?: string | null;

  @Field(() => CallFilter, { nullable: true })
  @Nested(CallFilter)
  filter?: CallFilter | null;
}
