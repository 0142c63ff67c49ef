import { Field, Int, ObjectType } from '@nestjs/graphql';

@ObjectType('AuditVerification', {
  description: 'What came of checking the whole audit log against its chain.',
})
export class AuditVerificationModel {
  @Field({ description: 'Whether every event is as it was sealed, and none is missing, moved or added.' })
  isIntact!: boolean;

  @Field(() => Int, { description: 'How many sealed events, from the first on, are as they were sealed.' })
  checked!: number;

  @Field(() => Int, {
    nullable: true,
    description:
      'Where the log was first tampered with; an added event counts for the place it claims. Null: nowhere.',
  })
  firstBrokenSequence!: number | null;

  @Field({ description: 'The hash of the last sealed event; 64 zeros while there is none.' })
  headHash!: string;
}
