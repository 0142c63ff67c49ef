import { Field, Float, ID, InputType, Int } from '@nestjs/graphql';
import { Rule } from '../../validation/rule.js';
import { TEMPLATE_RULES } from './agent-rules.js';
import { FirstSpeaker, type FirstSpeakerName } from './first-speaker.js';

@InputType({ description: 'A new agent.' })
export class CreateAgentInput {
  @Field({ description: 'At most 64 characters.' })
  @Rule(TEMPLATE_RULES.name)
  name!: string;

  @Field({ description: 'May hold {{placeholders}}. At most 20000 characters.' })
  @Rule(TEMPLATE_RULES.systemPrompt)
  systemPrompt!: string;

  @Field(() => String, { nullable: true, description: "Null: the provider's default." })
  @Rule(TEMPLATE_RULES.model)
  model?: string | null;

  @Field(() => String, { nullable: true, description: "Null: the provider's default." })
  @Rule(TEMPLATE_RULES.voice)
  voice?: string | null;

  @Field(() => String, { nullable: true, description: 'A BCP 47 tag; null: no hint.' })
  @Rule(TEMPLATE_RULES.languageHint)
  languageHint?: string | null;

  @Field(() => Float, { nullable: true, description: "0 to 1; null: the provider's default." })
  @Rule(TEMPLATE_RULES.temperature)
  temperature?: number | null;

  @Field(() => Boolean, { nullable: true, defaultValue: true })
  recordingEnabled?: boolean | null;

  @Field(() => Int, { nullable: true, defaultValue: 3600, description: '1 to 86400.' })
  @Rule(TEMPLATE_RULES.maxDurationSeconds)
  maxDurationSeconds?: number | null;

  @Field(() => FirstSpeaker, { nullable: true, defaultValue: 'AGENT' })
  firstSpeaker?: FirstSpeakerName | null;
}

@InputType({
  description:
    'What to change. A field that is absent stays as it is; null clears it, where the agent may do without.',
})
export class UpdateAgentInput {
  @Field(() => ID)
  id!: string;

  @Field(() => String, { nullable: true, description: 'Cannot be cleared.' })
  @Rule(TEMPLATE_RULES.name)
  name?: string | null;

  @Field(() => String, { nullable: true, description: 'Cannot be cleared.' })
  @Rule(TEMPLATE_RULES.systemPrompt)
  systemPrompt?: string | null;

  @Field(() => String, { nullable: true })
  @Rule(TEMPLATE_RULES.model)
  model?: string | null;

  @Field(() => String, { nullable: true })
  @Rule(TEMPLATE_RULES.voice)
  voice?: string | null;

  @Field(() => String, { nullable: true })
  @Rule(TEMPLATE_RULES.languageHint)
  languageHint?: string | null;

  @Field(() => Float, { nullable: true })
  @Rule(TEMPLATE_RULES.temperature)
  temperature?: number | null;

  @Field(() => Boolean, { nullable: true, description: 'Cannot be cleared.' })
  recordingEnabled?: boolean | null;

  @Field(() => Int, { nullable: true, description: 'Cannot be cleared.' })
  @Rule(TEMPLATE_RULES.maxDurationSeconds)
  maxDurationSeconds?: number | null;

  @Field(() => FirstSpeaker, { nullable: true, description: 'Cannot be cleared.' })
  firstSpeaker?: FirstSpeakerName | null;
}
