import { Field, ObjectType } from '@nestjs/graphql';

@ObjectType('CallRecording', { description: 'The sound of a call.' })
export class CallRecordingModel {
  @Field({ description: 'A signed link to this server; whoever has it can listen until it expires.' })
  url!: string;

  @Field()
  contentType!: string;

  @Field({ description: 'When the link ends; ask again for a new one.' })
  expiresAt!: Date;
}
