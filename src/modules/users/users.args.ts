import { ArgsType, Field } from '@nestjs/graphql';
import { z } from 'zod';
import { PageArgsOf } from '../../pagination/connection.model.js';
import type { Role } from '../../tenancy/viewer.js';
import { Rule } from '../../validation/rule.js';
import { UserRole } from './user.model.js';

@ArgsType()
export class UsersArgs extends PageArgsOf(20) {
  @Field(() => UserRole, { nullable: true, description: 'Only users of this role.' })
  role?: Role | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Only users whose e-mail address, or a word of whose name, starts with this; case does not matter.',
  })
  @Rule(z.string().max(100, 'must have at most 100 characters'))
  search?: string | null;
}
