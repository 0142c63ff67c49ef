import { Field, Float, Int, ObjectType } from '@nestjs/graphql';
import { toPublicId } from '../../ids/public-id.js';
import { ConnectionOf } from '../../pagination/connection.model.js';
import { Node } from '../../schema/node.model.js';
import { DateTime } from '../../schema/scalars.js';
import type { AgentDocument } from './agent.schema.js';
import { FirstSpeaker, type FirstSpeakerName } from './first-speaker.js';
import { FIELD_COST } from '../../schema/field-costs.js';

@ObjectType('Agent', {
  implements: () => [Node],
  description: 'A reusable call template. Each change makes a new version of it.',
})
export class AgentModel implements Node {
  id!: string;

  @Field()
  name!: string;

  @Field(() => Int, { description: '1, 2, 3 …; the newest one.' })
  version!: number;

  @Field({
    description: "May hold {{placeholders}}, which are filled from a call's variables.",
    complexity: FIELD_COST.longText,
  })
  systemPrompt!: string;

  @Field(() => String, { nullable: true, description: "Null: the provider's default." })
  model!: string | null;

  @Field(() => String, { nullable: true, description: "Null: the provider's default." })
  voice!: string | null;

  @Field(() => String, { nullable: true, description: 'A BCP 47 tag such as de-DE; null: no hint.' })
  languageHint!: string | null;

  @Field(() => Float, { nullable: true, description: "0 to 1; null: the provider's default." })
  temperature!: number | null;

  @Field()
  recordingEnabled!: boolean;

  @Field(() => Int, { description: 'After that many seconds the call is ended.' })
  maxDurationSeconds!: number;

  @Field(() => FirstSpeaker)
  firstSpeaker!: FirstSpeakerName;

  @Field(() => DateTime)
  createdAt!: Date;

  @Field(() => DateTime, { description: 'When its newest version was made.' })
  updatedAt!: Date;
}

@ObjectType()
export class AgentConnection extends ConnectionOf(AgentModel, 'Agent') {}

/** What clients see of an agent. */
export function agentModel(agent: AgentDocument): AgentModel {
  const { name, version, systemPrompt, model, voice, languageHint, temperature } = agent;
  const { recordingEnabled, maxDurationSeconds, firstSpeaker, createdAt, updatedAt } = agent;
  return {
    id: toPublicId('agent', agent._id),
    name,
    version,
    systemPrompt,
    model,
    voice,
    languageHint,
    temperature,
    recordingEnabled,
    maxDurationSeconds,
    firstSpeaker,
    createdAt,
    updatedAt,
  };
}
