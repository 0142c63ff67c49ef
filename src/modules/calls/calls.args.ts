import { ArgsType, Field, Int } from '@nestjs/graphql';
import { PageArgsOf } from '../../pagination/connection.model.js';
import { Nested, Rule } from '../../validation/rule.js';
import { opaque, pageSize } from '../../validation/rules.js';
import { CallFilter } from './call-filter.input.js';

@ArgsType()
export class CallsArgs extends PageArgsOf(20) {
  @Field(() => Int, { nullable: true, description: 'Page size backwards, 1 to 100; goes with `before`.' })
  @Rule(pageSize)
  last?: number | null;

  @Field(() => String, { nullable: true, description: 'Cursor to go back from.' })
  @Rule(opaque)
  before?: string | null;

  @Field(() => CallFilter, { nullable: true })
  @Nested(CallFilter)
  filter?: CallFilter | null;
}

/** A page of what belongs to a call. */
@ArgsType()
export class CallPartsArgs extends PageArgsOf(100) {}
