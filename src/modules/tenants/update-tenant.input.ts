import { Field, InputType, Int } from '@nestjs/graphql';
import { z } from 'zod';
import { Rule } from '../../validation/rule.js';
import { line, nameLine } from '../../validation/rules.js';

/** The longest time that a tenant may ask to keep its calls: ten years. */
const MOST_RETENTION_DAYS = 3650;

@InputType({ description: 'What to change. A field that is absent stays as it is; null clears it.' })
export class UpdateTenantInput {
  @Field(() => String, { nullable: true, description: 'Cannot be cleared.' })
  @Rule(nameLine(100))
  name?: string | null;

  @Field(() => Int, { nullable: true, description: '1 to 3650; null: keep for good.' })
  @Rule(
    z
      .number()
      .int()
      .min(1, 'must be at least 1')
      .max(MOST_RETENTION_DAYS, `must be at most ${MOST_RETENTION_DAYS}`),
  )
  retentionDays?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Stored encrypted and never shown again; null removes it. A key that the provider refuses is not stored; one that ' +
      'cannot be checked, because the provider is away, is.',
  })
  @Rule(
    line(500).refine(
      key => /^[\x21-\x7e]*$/.test(key),
      'must be plain letters, digits and signs, without spaces',
    ),
  )
  ultravoxApiKey?: string | null;
}
