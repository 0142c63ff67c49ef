import { Field, InputType } from '@nestjs/graphql';
import { Rule } from '../../validation/rule.js';
import { newPassword, opaque } from '../../validation/rules.js';
import { NEW_PASSWORD } from './new-password.js';

@InputType({ description: 'A new password for whoever has lost his.' })
export class ResetPasswordInput {
  @Field({ description: 'As it was mailed after `requestPasswordReset`; the tenant is found from it.' })
  @Rule(opaque)
  token!: string;

  @Field({ description: NEW_PASSWORD })
  @Rule(newPassword)
  password!: string;
}
