import { Field, Int, ObjectType } from '@nestjs/graphql';
import type { Utterance } from '../../events/call-event.schema.js';
import { ConnectionOf } from '../../pagination/connection.model.js';
import { enumOf } from '../../schema/enums.js';

export const SpeakerEnum = enumOf(
  'Speaker',
  ['AGENT', 'USER', 'TOOL'],
  'Who speaks. TOOL: what a tool was asked or answered.',
);
export const UtteranceMediumEnum = enumOf('UtteranceMedium', ['VOICE', 'TEXT'], 'Spoken, or sent as text.');

@ObjectType('Utterance', { description: 'Something said in a call.' })
export class UtteranceModel {
  @Field(() => Int, { description: 'Its place in the transcript.' })
  ordinal!: number;

  @Field(() => SpeakerEnum)
  speaker!: Utterance['speaker'];

  @Field({ description: 'Empty once the call is deleted.' })
  text!: string;

  @Field(() => UtteranceMediumEnum)
  medium!: Utterance['medium'];

  @Field(() => Date, { nullable: true, description: 'null: the provider gives no time.' })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'null: the provider gives no time.' })
  endedAt!: Date | null;
}

@ObjectType()
export class UtteranceConnection extends ConnectionOf(UtteranceModel, 'Utterance') {}

/** A stored utterance as the API shows it: offsets become moments of the call. */
export function toUtteranceModel(utterance: Utterance, joinedAt: Date | null): UtteranceModel {
  const at = (seconds: number | null) =>
    seconds === null || joinedAt === null ? null : new Date(joinedAt.getTime() + seconds * 1000);
  return {
    ordinal: utterance.ordinal,
    speaker: utterance.speaker,
    text: utterance.text,
    medium: utterance.medium,
    startedAt: at(utterance.startSeconds),
    endedAt: at(utterance.endSeconds),
  };
}
