import { Field, InputType } from '@nestjs/graphql';
import { Rule } from '../../validation/rule.js';
import { nameLine, newPassword, opaque } from '../../validation/rules.js';
import { NEW_PASSWORD } from './new-password.js';

@InputType({ description: 'How an invited person becomes a user.' })
export class AcceptInvitationInput {
  @Field({ description: 'As `inviteUser` gave it; the tenant is found from it.' })
  @Rule(opaque)
  token!: string;

  @Field({ description: NEW_PASSWORD })
  @Rule(newPassword)
  password!: string;

  @Field(() => String, { nullable: true })
  @Rule(nameLine(100))
  name?: string | null;
}
