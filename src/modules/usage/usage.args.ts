import { ArgsType, Field } from '@nestjs/graphql';
import { z } from 'zod';
import { Rule } from '../../validation/rule.js';

@ArgsType()
export class UsageArgs {
  @Field(() => String, { nullable: true, description: 'YYYY-MM, UTC; absent: the present one.' })
  @Rule(z.string().regex(/^[1-9]\d{3}-(0[1-9]|1[0-2])$/, 'must be a month such as 2026-01'))
  month?: string | null;
}
