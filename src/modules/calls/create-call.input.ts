import { Field, Float, ID, InputType, Int } from '@nestjs/graphql';
import { z } from 'zod';
import { enumOf } from '../../schema/enums.js';
import { JSONObject } from '../../schema/scalars.js';
import { Rule } from '../../validation/rule.js';
import { e164, flatText, jsonByName, line, text } from '../../validation/rules.js';
import { FirstSpeaker } from '../agents/first-speaker.js';
import { CallMediumEnum } from './call.model.js';
import type { CallMedium } from './call.schema.js';

@InputType({
  description: 'What to call, and how. A field that is left out is taken from the agent, where there is one.',
})
export class CreateCallInput {
  @Field(() => ID, { nullable: true })
  agentId?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'A version of the agent to stay with, whatever it becomes; null: its newest.',
  })
  @Rule(z.number().min(1, 'must be at least 1'))
  agentVersion?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Required without agentId. May hold {{placeholders}}.',
  })
  @Rule(text(20_000))
  systemPrompt?: string | null;

  @Field(() => JSONObject, { nullable: true, description: 'Values of the placeholders, by their names.' })
  @Rule(jsonByName(20_000))
  variables?: Record<string, unknown> | null;

  @Field(() => String, { nullable: true })
  @Rule(line(100))
  model?: string | null;

  @Field(() => String, { nullable: true })
  @Rule(line(100))
  voice?: string | null;

  @Field(() => String, { nullable: true, description: 'BCP 47, such as en or de-CH.' })
  @Rule(
    z
      .string()
      .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language tag')
      .max(16),
  )
  languageHint?: string | null;

  @Field(() => Float, { nullable: true, description: '0 to 1.' })
  @Rule(z.number().min(0, 'must be at least 0').max(1, 'must be at most 1'))
  temperature?: number | null;

  @Field(() => CallMediumEnum, { defaultValue: 'WEB' })
  medium!: CallMedium;

  @Field(() => String, { nullable: true, description: 'E.164; required for PHONE, refused for WEB.' })
  @Rule(e164)
  phoneNumber?: string | null;

  @Field(() => JSONObject, { nullable: true, description: 'Your own values: flat text by name.' })
  @Rule(flatText)
  metadata?: Record<string, string> | null;

  @Field(() => Boolean, { nullable: true })
  recordingEnabled?: boolean | null;

  @Field(() => Int, { nullable: true, description: '10 to 86400.' })
  @Rule(z.number().min(10, 'must be at least 10').max(86_400, 'must be at most 86400'))
  maxDurationSeconds?: number | null;

  @Field(() => FirstSpeaker, {
    nullable: true,
    description:
      "Null: the agent's; without one AGENT, and USER for PHONE: whoever answers a phone speaks first.",
  })
  firstSpeaker?: 'AGENT' | 'USER' | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: 300,
    description: 'Waiting longer for a free place ends the call: QUEUE_EXPIRED.',
  })
  @Rule(z.number().min(0, 'must be at least 0').max(86_400, 'must be at most 86400'))
  maxQueueSeconds?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'At most 255 characters, per user: with the same input the same call, as long as the call is kept; with ' +
      'another input IDEMPOTENCY_CONFLICT.',
  })
  @Rule(z.string().min(1, 'must not be empty').max(255, 'must have at most 255 characters'))
  idempotencyKey?: string | null;
}

export const CallMessageKindEnum = enumOf(
  'CallMessageKind',
  ['USER_TEXT', 'AGENT_SAYS'],
  'USER_TEXT: as if the person had said it. AGENT_SAYS: the agent speaks it.',
);

@InputType()
export class SendCallMessageInput {
  @Field(() => ID)
  callId!: string;

  @Field(() => CallMessageKindEnum)
  kind!: 'USER_TEXT' | 'AGENT_SAYS';

  @Field()
  @Rule(text(5000))
  text!: string;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: 'Interrupts what is being said.',
  })
  urgent?: boolean | null;
}
