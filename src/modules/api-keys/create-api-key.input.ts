import { Field, InputType } from '@nestjs/graphql';
import { z } from 'zod';
import { DateTime } from '../../schema/scalars.js';
import type { ApiKeyScope as Scope } from '../../tenancy/viewer.js';
import { Rule } from '../../validation/rule.js';
import { line } from '../../validation/rules.js';
import { ApiKeyScope } from './api-key.model.js';

const scopes = z
  .array(z.string())
  .min(1, 'must not be empty')
  .max(50, 'must have at most 50 entries')
  .transform(given => [...new Set(given)]);

@InputType({ description: 'What a new key is called and opens.' })
export class CreateApiKeyInput {
  @Field({ description: 'For people, and for the audit log.' })
  @Rule(line(100))
  name!: string;

  @Field(() => [ApiKeyScope])
  @Rule(scopes)
  scopes!: Scope[];

  @Field(() => DateTime, {
    nullable: true,
    description: 'In the future; absent or null: until it is revoked.',
  })
  @Rule(z.date().refine(date => date > new Date(), 'must be in the future'))
  expiresAt?: Date | null;
}
