import { Field, InputType } from '@nestjs/graphql';
import { Rule } from '../../validation/rule.js';
import { emailAddress, typedPassword } from '../../validation/rules.js';

@InputType({ description: 'Who signs in. The tenant is the one that the host or X-Tenant-Subdomain names.' })
export class LogInInput {
  @Field()
  @Rule(emailAddress)
  email!: string;

  @Field()
  @Rule(typedPassword)
  password!: string;
}
