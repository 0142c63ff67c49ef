import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import type { Utterance } from '../../events/call-event.schema.js';
import { SpeakerEnum } from './utterance.model.js';

@ObjectType('TranscriptDelta', {
  description: 'What is being said right now. Not stored; some may be left out.',
})
export class TranscriptDeltaModel {
  @Field(() => ID)
  callId!: string;

  @Field(() => Int, { description: 'Which utterance.' })
  ordinal!: number;

  @Field(() => SpeakerEnum)
  speaker!: Utterance['speaker'];

  @Field({
    description: 'The whole utterance so far: put it in the place of what came before for this ordinal.',
  })
  text!: string;

  @Field({ description: 'Whether the utterance is finished.' })
  isFinal!: boolean;
}
