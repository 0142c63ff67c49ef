import { Injectable } from '@nestjs/common';
import { CursorCodec } from '../pagination/cursor-codec.js';
import { TenantContext } from '../tenancy/tenant-context.js';
import { abortable } from './abortable.js';
import type { CallEventDocument } from './call-event.schema.js';
import { CallEvents, type EventVisibility, isVisible } from './call-events.js';
import { EventWords, withoutWords } from './event-words.js';
import { persist } from './persist.js';
import type { FeedStart, StreamFeed } from './stream-feed.js';
import { StreamFeeds } from './stream-feeds.js';
import { StreamHeads } from './stream-heads.js';
import type { Visibility } from './stream-source.js';

/** What cursors of call events are made for, in lists and in the feed alike. */
export const CALL_EVENTS_LIST = 'callEvents';

/** Delivers a tenant's call events to its subscribers: see {@link StreamFeed} for what it guarantees. */
@Injectable()
export class LiveFeed {
  private readonly feed: StreamFeed<CallEventDocument, EventVisibility>;

  constructor(
    events: CallEvents,
    feeds: StreamFeeds,
    cursors: CursorCodec,
    private readonly words: EventWords,
    private readonly heads: StreamHeads,
    private readonly context: TenantContext,
  ) {
    this.feed = feeds.of<CallEventDocument, EventVisibility>({
      stream: 'calls',
      bell: 'feed',
      everything: {},
      after: (position, visibility, limit) => events.sealedAfter(position, visibility, limit),
      positionOf: event => event.position ?? 0,
      isVisible,
      sizeOf: ({ happening, sealedWords }) =>
        (sealedWords?.length ?? 0) +
        (happening.type === 'utteranceAdded'
          ? happening.utterance.text.length
          : happening.type === 'summaryReady'
            ? happening.summary.length
            : 0),
      afterwards: (earlier, later) =>
        later.happening.type === 'deleted' && later.callId.equals(earlier.callId)
          ? withoutWords(earlier)
          : earlier,
      cursorAt: position => cursors.write(CALL_EVENTS_LIST, [position]),
    });
  }

  /** The position of the tenant's last event: whoever follows behind it hears what comes from now on. */
  async head(): Promise<number> {
    return (await this.heads.read('calls')).position;
  }

  /**
   * Makes sure that everything behind a position is still there.
   * @throws DomainError CURSOR_EXPIRED when it is not; also for a position ahead of the store, which says that the
   * store was set back: what was given since then has other events by now.
   */
  async assertKept(position: number): Promise<void> {
    const head = await this.heads.read('calls');
    if (position < head.floor || position > head.position) throw this.feed.expired(head.floor);
  }

  /**
   * Follows the feed of the running scope's tenant, until the consumer leaves or `signal` aborts.
   * @param visibility is asked again for each event, since rights may change on the way.
   * @throws DomainError CURSOR_EXPIRED, from the iterator, when retention has removed what was still to come.
   */
  follow(
    start: FeedStart,
    visibility: Visibility<EventVisibility>,
    signal?: AbortSignal,
  ): AsyncIterableIterator<CallEventDocument> {
    const tenantId = this.context.tenant.id;
    return abortable(
      leaving => this.opened(this.feed.follow(tenantId, start, visibility, leaving), leaving),
      signal,
    );
  }

  /** Opens each event when it is handed out: what an erasure has made unreadable is not told from memory either. */
  private async *opened(
    sealed: AsyncGenerator<CallEventDocument, void, undefined>,
    leaving: AbortSignal,
  ): AsyncGenerator<CallEventDocument, void, undefined> {
    for await (const event of sealed) {
      const opened = await persist(() => this.words.open(event), leaving);
      if (opened === null) return;
      yield opened;
    }
  }
}
