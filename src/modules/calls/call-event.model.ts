import { Field, ID, Int, InterfaceType, ObjectType } from '@nestjs/graphql';
import type {
  CallEndReason,
  CallEventDocument,
  CallHappening,
  CallStatus,
} from '../../events/call-event.schema.js';
import { toPublicId } from '../../ids/public-id.js';
import { ConnectionOf } from '../../pagination/connection.model.js';
import { CallEndReasonEnum, CallStatusEnum } from './call.model.js';
import { toUtteranceModel, UtteranceModel } from './utterance.model.js';
import { FIELD_COST } from '../../schema/field-costs.js';

/** The object type of each kind of event. */
const TYPE_NAMES = {
  statusChanged: 'CallStatusChanged',
  utteranceAdded: 'CallUtteranceAdded',
  transcriptSettled: 'CallTranscriptSettled',
  recordingReady: 'CallRecordingReady',
  summaryReady: 'CallSummaryReady',
  deleted: 'CallDeleted',
  unknown: 'CallUnknownEvent',
} as const satisfies Record<CallHappening['type'], string>;

@InterfaceType('CallEvent', {
  description:
    'Something that happened to a call. Stored before anyone hears of it, and kept even when what it points to is gone.',
  resolveType: (event: CallEventModel) => TYPE_NAMES[event.document.happening.type],
})
export abstract class CallEventModel {
  /** Not part of the API: what the field resolvers start from. */
  document!: CallEventDocument;

  @Field(() => ID)
  id!: string;

  @Field({ description: 'Opaque place in the feed; subscribe `after` it to go on from here.' })
  cursor!: string;

  @Field(() => Int, { description: '1, 2, 3 … within the call, without gaps.' })
  sequence!: number;

  @Field()
  occurredAt!: Date;

  @Field(() => ID)
  callId!: string;
}

@ObjectType({ implements: () => [CallEventModel], description: 'The call has a new status.' })
export class CallStatusChanged extends CallEventModel {
  @Field(() => CallStatusEnum)
  status!: CallStatus;

  @Field(() => CallStatusEnum, { nullable: true, description: 'null: the call has just been accepted.' })
  previousStatus!: CallStatus | null;

  @Field(() => CallEndReasonEnum, { nullable: true, description: 'null: the call is not over.' })
  endReason!: CallEndReason | null;
}

@ObjectType({ implements: () => [CallEventModel], description: 'Something was said.' })
export class CallUtteranceAdded extends CallEventModel {
  @Field(() => UtteranceModel)
  utterance!: UtteranceModel;
}

@ObjectType({
  implements: () => [CallEventModel],
  description: "The provider's final transcript is stored: read it again.",
})
export class CallTranscriptSettled extends CallEventModel {
  @Field(() => Int)
  utteranceCount!: number;
}

@ObjectType({ implements: () => [CallEventModel], description: 'The recording can be listened to.' })
export class CallRecordingReady extends CallEventModel {}

@ObjectType({ implements: () => [CallEventModel], description: 'The summary is there.' })
export class CallSummaryReady extends CallEventModel {
  @Field({ description: 'Empty once the call is deleted.', complexity: FIELD_COST.longText })
  summary!: string;

  @Field(() => String, { nullable: true, description: 'null: there is none.' })
  shortSummary!: string | null;
}

@ObjectType({ implements: () => [CallEventModel], description: 'The call was deleted. Its last event.' })
export class CallDeleted extends CallEventModel {}

@ObjectType({
  implements: () => [CallEventModel],
  description:
    'Something of a kind that this server does not know: a newer server beside it has stored it, or it is damaged.',
})
export class CallUnknownEvent extends CallEventModel {
  @Field({ description: 'The kind as it is stored; empty where that cannot be read.' })
  type!: string;
}

/** The object types behind the interface, which no field names by itself. */
export const EVENT_TYPES = [
  CallStatusChanged,
  CallUtteranceAdded,
  CallTranscriptSettled,
  CallRecordingReady,
  CallSummaryReady,
  CallDeleted,
  CallUnknownEvent,
] as const;

@ObjectType()
export class CallEventConnection extends ConnectionOf(CallEventModel as never, 'CallEvent') {}

/** A stored event as the API shows it. */
export function toCallEventModel(document: CallEventDocument, cursor: string): CallEventModel {
  const { happening } = document;
  return {
    document,
    id: toPublicId('event', document._id),
    cursor,
    sequence: document.sequence,
    occurredAt: document.occurredAt,
    callId: toPublicId('call', document.callId),
    ...fieldsOf(happening),
  };
}

function fieldsOf(happening: CallHappening): object {
  switch (happening.type) {
    case 'utteranceAdded':
      return { utterance: toUtteranceModel(happening.utterance, happening.joinedAt) };
    case 'unknown':
      return { type: happening.kind };
    case 'statusChanged':
    case 'transcriptSettled':
    case 'recordingReady':
    case 'summaryReady':
    case 'deleted':
      return happening;
  }
}
