import { ArgsType, Field } from '@nestjs/graphql';
import { PageArgsOf } from '../../pagination/connection.model.js';
import type { Role } from '../../tenancy/viewer.js';
import { Rule } from '../../validation/rule.js';
import { searchText } from '../../validation/rules.js';
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
  @Rule(searchText(100))
  search?: string | null;
}
