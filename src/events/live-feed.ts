import { Injectable } from '@nestjs/common';
import { type TenantKey, tenantKey } from '../ids/tenant-key.js';
import { BriefCache } from '../tenancy/brief-cache.js';
import { TenantContext } from '../tenancy/tenant-context.js';
import { abortable } from './abortable.js';
import type { CallEventDocument } from './call-event.schema.js';
import { CallEvents, type EventVisibility, isVisible } from './call-events.js';
import { FeedCursors } from './feed-cursors.js';
import { EventWords, withoutWords } from './event-words.js';
import type { FeedHead } from './open-tail.js';
import { persist } from './persist.js';
import type { FeedStart, StreamFeed } from './stream-feed.js';
import { StreamFeeds } from './stream-feeds.js';
import type { StreamEpoch, StreamPosition } from './stream-head.schema.js';
import { StreamHeads } from './stream-heads.js';
import type { Visibility } from './stream-source.js';

/** How old the epoch may be that lists and webhooks write into cursors. */
const EPOCH_LIFETIME_MS = 1000;

/** Delivers a tenant's call events to its subscribers: see {@link StreamFeed} for what it guarantees. */
@Injectable()
export class LiveFeed {
  private readonly feed: StreamFeed<CallEventDocument, EventVisibility>;
  private readonly epochs = new BriefCache<TenantKey, StreamEpoch>(EPOCH_LIFETIME_MS, 10_000);

  constructor(
    events: CallEvents,
    feeds: StreamFeeds,
    private readonly cursors: FeedCursors,
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
      cursorAt: position => cursors.write(position),
    });
  }

  /** The position of the tenant's last event: whoever follows behind it hears what comes from now on. */
  async head(): Promise<StreamPosition> {
    const { epoch, position } = await this.heads.read('calls');
    return { epoch, position };
  }

  /** The epoch of the tenant's feed, at most a second old. */
  async recentEpoch(): Promise<StreamEpoch> {
    const tenant = tenantKey(this.context.tenant.id);
    return (
      (await this.epochs.get(tenant, async () => (await this.head()).epoch)) ?? (await this.head()).epoch
    );
  }

  /**
   * Where a subscription begins.
   * @param after a cursor; empty: the oldest event that is kept; null: only what comes.
   * @throws DomainError BAD_USER_INPUT for a forged cursor; CURSOR_EXPIRED when something behind it may be missing.
   */
  async startAfter(after: string | null): Promise<FeedStart> {
    const head = await this.heads.read('calls');
    if (after === null) return { epoch: head.epoch, position: head.position };
    if (after === '') return { epoch: head.epoch, position: 0, isOldest: true };
    const start = this.cursors.read(after);
    this.assertOfPresent(start, head);
    if (start.position < head.floor) throw this.feed.expired(head);
    return start;
  }

  /**
   * Where a page of stored events begins, and the epoch to write into its cursors.
   * @throws DomainError BAD_USER_INPUT for a forged cursor; CURSOR_EXPIRED for one of an earlier epoch.
   */
  async pageAfter(after: string | null): Promise<StreamPosition> {
    const epoch = await this.recentEpoch();
    if (after === null || after === '') return { epoch, position: 0 };
    const start = this.cursors.read(after);
    this.assertOfPresent(start, await this.heads.read('calls'));
    return start;
  }

  /** A position ahead of the head says that the store was set back too: it has other events there by now. */
  private assertOfPresent({ epoch, position }: StreamPosition, head: FeedHead): void {
    if (epoch !== head.epoch || position > head.position) throw this.feed.expired(head);
  }

  /**
   * Follows the feed of the running scope's tenant, until the consumer leaves or `signal` aborts.
   * @param visibility is asked again for each event, since rights may change on the way.
   * @throws DomainError CURSOR_EXPIRED, from the iterator, when retention has removed what was still to come, and when
   * the store was set back meanwhile.
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
