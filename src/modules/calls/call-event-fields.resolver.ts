import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { PerViewer } from '../../schema/per-viewer.js';
import { AccessRecords } from '../audit/access-records.js';
import { CallEventModel, CallRecordingReady } from './call-event.model.js';
import { CallRecordingModel } from './call-recording.model.js';
import { CallRecordings } from './call-recordings.js';
import { CallModel } from './call.model.js';
import { CallsService } from './calls.service.js';
import { FIELD_COST } from '../../schema/field-costs.js';

/** What is read of an event only when it is selected. */
@Resolver(() => CallEventModel)
export class CallEventFieldsResolver {
  constructor(private readonly service: CallsService) {}

  @ResolveField(() => CallModel, {
    nullable: true,
    description: 'The call as it is now; null once it is deleted.',
    complexity: FIELD_COST.ownQuery,
  })
  call(@Parent() { document }: CallEventModel): Promise<CallModel | null> {
    return this.service.ofEvent(document.callId);
  }
}

@Resolver(() => CallRecordingReady)
export class CallRecordingReadyResolver {
  constructor(
    private readonly service: CallsService,
    private readonly recordings: CallRecordings,
    private readonly accesses: AccessRecords,
  ) {}

  @PerViewer()
  @ResolveField(() => CallRecordingModel, {
    nullable: true,
    description: 'null once the call is deleted.',
    complexity: FIELD_COST.ownQuery,
  })
  async recording(@Parent() { document }: CallRecordingReady): Promise<CallRecordingModel | null> {
    const call = await this.service.ofEvent(document.callId);
    const recording = call && this.recordings.linkTo(call.document);
    if (recording) await this.accesses.note('recording', call.id);
    return recording;
  }
}
