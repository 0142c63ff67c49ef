import { Field, Float, Int, ObjectType } from '@nestjs/graphql';
import { ConnectionOf } from '../../pagination/connection.model.js';
import { DateTime } from '../../schema/scalars.js';
import { UserModel } from '../users/user.model.js';
import { FirstSpeaker, type FirstSpeakerName } from './first-speaker.js';
import { templateOf } from './agent-template.js';
import type { AgentVersionDocument } from './agent-version.schema.js';
import { FIELD_COST } from '../../schema/field-costs.js';

@ObjectType('AgentVersion', { description: 'An agent as it was from one change to the next. Never changes.' })
export class AgentVersionModel {
  @Field(() => Int)
  version!: number;

  @Field()
  name!: string;

  @Field({ complexity: FIELD_COST.longText })
  systemPrompt!: string;

  @Field(() => String, { nullable: true, description: "Null: the provider's default." })
  model!: string | null;

  @Field(() => String, { nullable: true, description: "Null: the provider's default." })
  voice!: string | null;

  @Field(() => String, { nullable: true, description: 'A BCP 47 tag; null: no hint.' })
  languageHint!: string | null;

  @Field(() => Float, { nullable: true, description: "0 to 1; null: the provider's default." })
  temperature!: number | null;

  @Field()
  recordingEnabled!: boolean;

  @Field(() => Int)
  maxDurationSeconds!: number;

  @Field(() => FirstSpeaker)
  firstSpeaker!: FirstSpeakerName;

  @Field(() => DateTime)
  createdAt!: Date;

  @Field(() => UserModel, {
    nullable: true,
    description:
      'Null when the server made it, when its maker has been erased, and for those who are not admins unless they made it themselves.',
  })
  createdBy!: UserModel | null;
}

@ObjectType()
export class AgentVersionConnection extends ConnectionOf(AgentVersionModel, 'AgentVersion') {}

/** What clients see of a version; `createdBy` is what the viewer may see of its maker. */
export function agentVersionModel(
  document: AgentVersionDocument,
  createdBy: UserModel | null,
): AgentVersionModel {
  const { version, createdAt } = document;
  return { ...templateOf(document), version, createdAt, createdBy };
}
