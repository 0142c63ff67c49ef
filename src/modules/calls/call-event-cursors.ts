import { Injectable } from '@nestjs/common';
import type { CallEventDocument } from '../../events/call-event.schema.js';
import { FeedCursors } from '../../events/feed-cursors.js';
import { LiveFeed } from '../../events/live-feed.js';
import type { StreamEpoch, StreamPosition } from '../../events/stream-head.schema.js';
import type { Cursors } from '../../pagination/connection.js';
import { frozen } from '../../repeat/frozen.js';
import { type CallEventModel, toCallEventModel } from './call-event.model.js';

/** A list of events that is about to be read: its cursors, and its events as the API shows them. */
export interface EventPage {
  readonly cursors: Cursors;
  readonly toModel: (event: CallEventDocument) => CallEventModel;
}

interface KnownModel {
  readonly epoch: StreamEpoch;
  readonly model: CallEventModel;
}

/** Shows events together with their cursors in the feed, which are the same wherever an event is met. */
@Injectable()
export class CallEventCursors {
  /** One model per document: subscribers who are handed the same document then share what is made of it. */
  private readonly models = new WeakMap<CallEventDocument, KnownModel>();

  constructor(
    private readonly cursors: FeedCursors,
    private readonly feed: LiveFeed,
  ) {}

  /** The cursor behind which everything after a position lies. */
  at(position: StreamPosition): string {
    return this.cursors.write(position);
  }

  /** An event of an epoch as the API shows it. */
  toModel(event: CallEventDocument, epoch: StreamEpoch): CallEventModel {
    const known = this.models.get(event);
    if (known?.epoch === epoch) return known.model;
    const model = frozen(toCallEventModel(event, this.at({ epoch, position: event.position ?? 0 })));
    this.models.set(event, { epoch, model });
    return model;
  }

  /**
   * What it takes to read a page of events.
   * @throws DomainError BAD_USER_INPUT for a forged cursor; CURSOR_EXPIRED for one of an earlier epoch.
   */
  async pageAfter(after: string | null): Promise<EventPage> {
    const start = await this.feed.pageAfter(after);
    return {
      cursors: {
        // The tie-breaking id that lists add is left out, since positions are unique.
        write: (_list, [position]) => this.at({ epoch: start.epoch, position: Number(position) }),
        read: () => [start.position],
      },
      toModel: event => this.toModel(event, start.epoch),
    };
  }
}
