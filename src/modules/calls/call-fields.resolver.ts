import { Args, Info, Int, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { type GraphQLResolveInfo, OperationTypeNode } from 'graphql';
import { CallEvents } from '../../events/call-events.js';
import type { CallEventDocument } from '../../events/call-event.schema.js';
import { paginate } from '../../pagination/connection.js';
import { CursorCodec } from '../../pagination/cursor-codec.js';
import { PerViewer } from '../../schema/per-viewer.js';
import { AgentModel } from '../agents/agent.model.js';
import { AccessRecords } from '../audit/access-records.js';
import { UserModel } from '../users/user.model.js';
import { CallEventConnection, type CallEventModel } from './call-event.model.js';
import { CallEventCursors } from './call-event-cursors.js';
import { CallJoins } from './call-joins.js';
import { CallRecordingModel } from './call-recording.model.js';
import { CallRecordings } from './call-recordings.js';
import { CallModel } from './call.model.js';
import { CallPartsArgs } from './calls.args.js';
import { CallsService } from './calls.service.js';
import { isOver } from './call-status.js';
import { Places } from './places.js';
import { toUtteranceModel, UtteranceConnection, type UtteranceModel } from './utterance.model.js';
import type { UtteranceDocument } from './utterance.schema.js';
import { UtterancesRepository } from './utterances.repository.js';
import { wordsAskedFor } from './words-asked-for.js';
import { FIELD_COST } from '../../schema/field-costs.js';

/** What is read of a call only when it is selected. */
@Resolver(() => CallModel)
export class CallFieldsResolver {
  constructor(
    private readonly service: CallsService,
    private readonly places: Places,
    private readonly utterances: UtterancesRepository,
    private readonly events: CallEvents,
    private readonly eventCursors: CallEventCursors,
    private readonly recordings: CallRecordings,
    private readonly joins: CallJoins,
    private readonly cursors: CursorCodec,
    private readonly accesses: AccessRecords,
  ) {}

  @ResolveField(() => AgentModel, {
    nullable: true,
    description: 'null: made without an agent, the agent is deleted, or the viewer may not read agents.',
  })
  agent(@Parent() { document }: CallModel) {
    return this.joins.agentOf(document);
  }

  @ResolveField(() => UserModel, {
    nullable: true,
    description: 'null: made with an API key, or read with one.',
  })
  createdBy(@Parent() { document }: CallModel) {
    return this.joins.creatorOf(document);
  }

  @PerViewer()
  @ResolveField(() => String, {
    nullable: true,
    description:
      "Where to join, for the call's creator alone and until the call is over; null otherwise, and in subscriptions.",
  })
  joinUrl(@Parent() { document }: CallModel, @Info() info: GraphQLResolveInfo): string | null {
    if (info.operation.operation === OperationTypeNode.SUBSCRIPTION || isOver(document.status)) return null;
    return this.service.isCreator(document) ? document.provider.joinUrl : null;
  }

  @ResolveField(() => Int, {
    nullable: true,
    description:
      'Place among the calls of the tenant that wait for concurrency, 1 is next; null: it does not wait.',
    complexity: FIELD_COST.ownQuery,
  })
  async queuePosition(@Parent() { document }: CallModel): Promise<number | null> {
    return document.status === 'QUEUED' ? this.places.positionOf(document._id) : null;
  }

  @PerViewer()
  @ResolveField(() => String, {
    nullable: true,
    description: 'null: there is none (yet).',
    complexity: FIELD_COST.longText,
  })
  async summary(@Parent() { id, summary }: CallModel): Promise<string | null> {
    if (summary !== null) await this.accesses.note('summary', id);
    return summary;
  }

  @PerViewer()
  @ResolveField(() => String, { nullable: true, description: 'null: there is none (yet).' })
  async shortSummary(@Parent() { id, shortSummary }: CallModel): Promise<string | null> {
    if (shortSummary !== null) await this.accesses.note('summary', id);
    return shortSummary;
  }

  @PerViewer()
  @ResolveField(() => CallRecordingModel, {
    nullable: true,
    description: 'null: there is none (yet).',
    complexity: FIELD_COST.ownQuery,
  })
  async recording(@Parent() { id, document }: CallModel): Promise<CallRecordingModel | null> {
    const recording = this.recordings.linkTo(document);
    if (recording) await this.accesses.note('recording', id);
    return recording;
  }

  @PerViewer()
  @ResolveField(() => UtteranceConnection, { complexity: FIELD_COST.ownQuery })
  async transcript(@Parent() { id, document }: CallModel, @Args() page: CallPartsArgs) {
    await this.accesses.note('transcript', id);
    return paginate<UtteranceDocument, UtteranceModel>({
      list: `transcript ${id}`,
      page,
      order: { field: 'ordinal', direction: 1, keyOf: utterance => utterance.ordinal },
      cursors: this.cursors,
      fetch: query => this.utterances.page(document._id, query),
      count: () => this.utterances.countOf(document._id),
      toNode: utterance => toUtteranceModel(utterance, document.joinedAt),
    });
  }

  @PerViewer()
  @ResolveField(() => CallEventConnection, {
    name: 'events',
    description: 'What happened, in order.',
    complexity: FIELD_COST.ownQuery,
  })
  async eventsOf(
    @Parent() { id, document }: CallModel,
    @Args() page: CallPartsArgs,
    @Info() info: GraphQLResolveInfo,
  ) {
    for (const what of wordsAskedFor(info)) await this.accesses.note(what, id);
    const { cursors, toModel } = await this.eventCursors.pageAfter(page.after ?? null);
    return paginate<CallEventDocument, CallEventModel>({
      list: 'callEvents',
      page,
      order: { field: 'position', direction: 1, keyOf: event => event.position ?? 0 },
      cursors,
      fetch: query => this.events.pageOfCall(document._id, query),
      count: () => this.events.countOfCall(document._id),
      toNode: toModel,
    });
  }
}
