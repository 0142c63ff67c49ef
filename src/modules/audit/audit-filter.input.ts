import { Field, ID, InputType } from '@nestjs/graphql';
import { z } from 'zod';
import { DateTime } from '../../schema/scalars.js';
import { Rule } from '../../validation/rule.js';

const MOST_ACTIONS = 50;

@InputType({ description: 'Which events of the log; all given conditions must hold.' })
export class AuditFilter {
  @Field(() => [String], { nullable: true, description: 'Any of these actions; 50 at most.' })
  @Rule(
    z
      .array(z.string().max(100, 'must have at most 100 characters'))
      .max(MOST_ACTIONS, `must have at most ${MOST_ACTIONS} entries`),
  )
  actions?: string[] | null;

  @Field(() => ID, { nullable: true, description: 'What this user did.' })
  actorId?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'At this moment or later.' })
  from?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'Before this moment.' })
  to?: Date | null;
}
