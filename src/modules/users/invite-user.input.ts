import { Field, InputType } from '@nestjs/graphql';
import type { Role } from '../../tenancy/viewer.js';
import { Rule } from '../../validation/rule.js';
import { emailAddress } from '../../validation/rules.js';
import { UserRole } from './user.model.js';

@InputType({ description: 'Whom to invite.' })
export class InviteUserInput {
  @Field({ description: 'Nobody else in the tenant may have this address.' })
  @Rule(emailAddress)
  email!: string;

  @Field(() => UserRole, { defaultValue: 'USER' })
  role!: Role;
}
