import { Field, ID, InputType } from '@nestjs/graphql';
import type { CallStatus } from '../../events/call-event.schema.js';
import { JSONObject } from '../../schema/scalars.js';
import { Rule } from '../../validation/rule.js';
import { flatText, searchText } from '../../validation/rules.js';
import { CallStatusEnum } from './call.model.js';

@InputType({ description: 'Which calls; all given conditions must hold.' })
export class CallFilter {
  @Field(() => [CallStatusEnum], { nullable: true })
  statuses?: CallStatus[] | null;

  @Field(() => ID, { nullable: true, description: 'For admins; others always see only their own calls.' })
  createdById?: string | null;

  @Field(() => ID, { nullable: true })
  agentId?: string | null;

  @Field(() => Date, { nullable: true, description: 'At this moment or later.' })
  createdAfter?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Before this moment.' })
  createdBefore?: Date | null;

  @Field(() => String, {
    nullable: true,
    description: 'Words said in the transcript, or in the summary; all must occur.',
  })
  @Rule(searchText(200))
  search?: string | null;

  @Field(() => JSONObject, { nullable: true, description: 'Values that the metadata must have.' })
  @Rule(flatText)
  metadata?: Record<string, string> | null;
}
