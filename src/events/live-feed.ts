import { Injectable } from '@nestjs/common';
import { TenantContext } from '../tenancy/tenant-context.js';
import { abortable } from './abortable.js';
import type { CallEventDocument } from './call-event.schema.js';
import { CallEvents, type EventVisibility, isVisible } from './call-events.js';
import type { StreamFeed } from './stream-feed.js';
import { StreamFeeds } from './stream-feeds.js';
import { StreamHeads } from './stream-heads.js';
import type { Visibility } from './stream-source.js';

/** Delivers a tenant's call events to its subscribers: see {@link StreamFeed} for what it guarantees. */
@Injectable()
export class LiveFeed {
  private readonly feed: StreamFeed<CallEventDocument, EventVisibility>;

  constructor(
    events: CallEvents,
    feeds: StreamFeeds,
    private readonly heads: StreamHeads,
    private readonly context: TenantContext,
  ) {
    this.feed = feeds.of<CallEventDocument, EventVisibility>({
      stream: 'calls',
      bell: 'feed',
      everything: {},
      after: (position, visibility, limit) => events.after(position, visibility, limit),
      positionOf: event => event.position ?? 0,
      isVisible,
    });
  }

  /** The position of the tenant's last event: whoever follows behind it hears what comes from now on. */
  async head(): Promise<number> {
    return (await this.heads.read('calls')).position;
  }

  /**
   * Follows the feed of the running scope's tenant behind a position, until the consumer leaves or `signal` aborts.
   * @param visibility is asked again for each event, since rights may change on the way.
   */
  follow(
    position: number,
    visibility: Visibility<EventVisibility>,
    signal?: AbortSignal,
  ): AsyncIterableIterator<CallEventDocument> {
    const tenantId = this.context.tenant.id;
    return abortable(leaving => this.feed.follow(tenantId, position, visibility, leaving), signal);
  }
}
