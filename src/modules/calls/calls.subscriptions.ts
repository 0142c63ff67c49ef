import { Args, ID, Info, Int, Query, Resolver, Subscription } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { Allow } from '../../auth/allow.js';
import { PresentViewer } from '../../auth/present-viewer.js';
import type { CallEventDocument } from '../../events/call-event.schema.js';
import { LiveFeed } from '../../events/live-feed.js';
import { mapped } from '../../events/mapped.js';
import { toPublicId } from '../../ids/public-id.js';
import { Check } from '../../validation/validation.pipe.js';
import { opaque } from '../../validation/rules.js';
import { type Accessed, AccessRecords } from '../audit/access-records.js';
import { CallEventCursors } from './call-event-cursors.js';
import { CallEventModel } from './call-event.model.js';
import { CallsService } from './calls.service.js';
import { QueuePositions } from './queue-positions.js';
import { TranscriptDeltaModel } from './transcript-delta.model.js';
import { TranscriptDeltas } from './transcript-deltas.js';
import { WORDS_OF, wordsAskedFor } from './words-asked-for.js';

/** A stream's field is resolved from the event itself. */
const itself = { resolve: (event: unknown) => event };

@Resolver()
export class CallsSubscriptions {
  constructor(
    private readonly service: CallsService,
    private readonly feed: LiveFeed,
    private readonly cursors: CallEventCursors,
    private readonly deltas: TranscriptDeltas,
    private readonly positions: QueuePositions,
    private readonly viewers: PresentViewer,
    private readonly accesses: AccessRecords,
  ) {}

  @Allow('calls:read')
  @Query(() => String, {
    description:
      "The head of the viewer's feed, now. To load and follow: read it, then the list, then subscribe after it.",
  })
  async eventCursor(): Promise<string> {
    return this.cursors.at(await this.feed.head());
  }

  @Allow('calls:read')
  @Subscription(() => CallEventModel, {
    ...itself,
    description:
      'Events of all calls the viewer may see, or of one. With `after`, first everything stored after that cursor, then ' +
      'what comes: no gap, no repeat. after "": from the oldest kept event. CURSOR_EXPIRED when events behind the ' +
      'cursor are past retention, and when the database was restored since.',
  })
  async callEvents(
    @Info() info: GraphQLResolveInfo,
    @Args('callId', { type: () => ID, nullable: true }) callId?: string | null,
    @Args('after', { type: () => String, nullable: true }, Check(opaque)) after?: string | null,
  ): Promise<AsyncIterableIterator<CallEventModel>> {
    const call = callId == null ? null : await this.service.loadForEvents(callId);
    const visibility = async () =>
      this.service.visibilityOf(await this.viewers.with('calls:read'), call?._id);
    const start = await this.feed.startAfter(after ?? null);
    const stored = after == null ? 0 : (await this.feed.head()).position;
    const asked = wordsAskedFor(info);
    return mapped(this.feed.follow(start, visibility), async event => {
      // What comes live is not recorded.
      if ((event.position ?? 0) <= stored) await this.noteReading(event, asked);
      return this.cursors.toModel(event, start.epoch);
    });
  }

  private async noteReading(
    { callId, happening }: CallEventDocument,
    asked: ReadonlySet<Accessed>,
  ): Promise<void> {
    const what = WORDS_OF[happening.type];
    if (what && asked.has(what)) await this.accesses.note(what, toPublicId('call', callId));
  }

  @Allow('calls:read')
  @Subscription(() => TranscriptDeltaModel, {
    ...itself,
    description: 'What is being said in a call right now.',
  })
  async transcriptDeltas(
    @Args('callId', { type: () => ID }) callId: string,
  ): Promise<AsyncIterableIterator<TranscriptDeltaModel>> {
    const call = await this.service.load(callId);
    return mapped(this.deltas.follow(call._id), delta => ({ callId, ...delta }));
  }

  @Allow('calls:read')
  @Subscription(() => Int, {
    ...itself,
    nullable: true,
    description:
      'Place of a call among those that wait; null, and the end, when the wait is over. Not stored.',
  })
  async queuePosition(
    @Args('callId', { type: () => ID }) callId: string,
  ): Promise<AsyncIterableIterator<number | null>> {
    const call = await this.service.load(callId);
    return this.positions.follow(call._id);
  }
}
