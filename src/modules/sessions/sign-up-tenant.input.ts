import { Field, InputType } from '@nestjs/graphql';
import { z } from 'zod';
import { Rule } from '../../validation/rule.js';
import { emailAddress, nameLine, newPassword, opaque } from '../../validation/rules.js';
import { NEW_PASSWORD } from './new-password.js';
import { isReservedSubdomain } from './reserved-subdomains.js';

/** A new tenant's subdomain: a host label that is not one of the platform's own. */
export const newSubdomain = z
  .string()
  .min(3, 'must have at least 3 characters')
  .max(40, 'must have at most 40 characters')
  .regex(/^[a-z0-9-]*$/, 'may hold only a-z, 0-9 and -')
  .refine(value => !value.startsWith('-') && !value.endsWith('-'), 'must not start or end with -')
  .refine(value => !isReservedSubdomain(value), 'is reserved');

@InputType({ description: 'A new tenant and its first admin.' })
export class SignUpTenantInput {
  @Field({ description: '3 to 40 of a-z, 0-9 and -; names the tenant in hosts and never changes.' })
  @Rule(newSubdomain)
  subdomain!: string;

  @Field({ description: "The tenant's name." })
  @Rule(nameLine(100))
  name!: string;

  @Field({ description: "The admin's address." })
  @Rule(emailAddress)
  email!: string;

  @Field({ description: NEW_PASSWORD })
  @Rule(newPassword)
  password!: string;

  @Field(() => String, { nullable: true, description: "The admin's name." })
  @Rule(nameLine(100))
  userName?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The token of an operator's invitation to this e-mail address; required where sign-ups are by invitation.",
  })
  @Rule(opaque)
  invitationToken?: string | null;
}
