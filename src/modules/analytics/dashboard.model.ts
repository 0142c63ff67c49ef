import { Field, Float, Int, ObjectType } from '@nestjs/graphql';
import type { CallStatus } from '../../events/call-event.schema.js';
import { CallStatusEnum } from '../calls/call.model.js';

@ObjectType('CallStatusCount', { description: 'How many calls have a status.' })
export class CallStatusCountModel {
  @Field(() => CallStatusEnum)
  status!: CallStatus;

  @Field(() => Int)
  count!: number;
}

@ObjectType('DayCount', { description: 'How many calls were made on a day.' })
export class DayCountModel {
  @Field({ description: 'YYYY-MM-DD, UTC.' })
  day!: string;

  @Field(() => Int)
  count!: number;
}

/** Does one piece of reading for a dashboard, with the rights and the patience of whoever asked for it. */
export type Reading = <T>(work: () => Promise<T>) => Promise<T>;

@ObjectType('Dashboard', {
  description: 'The calls of the viewer at a glance: admins see all of the tenant, everybody else his own.',
})
export class DashboardModel {
  /** Not part of the API: how its fields are read. Each one is a getter, so that what is not selected is not read. */
  reading!: Reading;

  @Field(() => Int)
  totalCalls!: Promise<number>;

  @Field(() => Int, { description: 'Calls that are not over: QUEUED, RINGING or IN_PROGRESS.' })
  activeCalls!: Promise<number>;

  @Field(() => Int)
  completedCalls!: Promise<number>;

  @Field(() => Int)
  failedCalls!: Promise<number>;

  @Field(() => Int, { nullable: true, description: 'Active users; null for those who are not admins.' })
  totalUsers!: Promise<number | null>;

  @Field(() => Float, {
    description: 'From the join to the end, over all calls that have both; 0 when none has.',
  })
  averageDurationSeconds!: Promise<number>;

  @Field(() => Float, { description: 'From the join to the end, over all calls that have both.' })
  totalDurationSeconds!: Promise<number>;

  @Field(() => [CallStatusCountModel], { description: 'Every status once, also those that no call has.' })
  callsByStatus!: Promise<CallStatusCountModel[]>;
}
