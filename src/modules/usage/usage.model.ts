import { Field, Float, Int, ObjectType } from '@nestjs/graphql';

@ObjectType('Usage', {
  description:
    'What the tenant has used in a month (UTC). A call counts for the month in which it came to the provider, and goes on ' +
    'counting when it is deleted; calls that never came there use nothing.',
})
export class UsageModel {
  @Field({ description: 'YYYY-MM.' })
  month!: string;

  @Field(() => Int, { description: 'Calls that came to the provider, those that still run included.' })
  calls!: number;

  @Field(() => Float, {
    description: 'From the joins to the ends, or until now.',
  })
  callMinutes!: number;

  @Field(() => Float, {
    description:
      'What the provider bills for calls that are over; an estimate for those whose bill is still to come. Refunds are ' +
      'taken off. This, with the time of calls that still run, is what `limitMinutes` is about.',
  })
  billedMinutes!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Billed minutes of calls per month as they are allowed now; null: no limit.',
  })
  limitMinutes!: number | null;

  @Field(() => Int, { description: 'The most calls that were at the provider at a time.' })
  peakConcurrentCalls!: number;
}
