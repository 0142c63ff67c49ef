import { Global, Module } from '@nestjs/common';
import { modelProvider } from '../mongo/model-provider.js';
import { CursorCodec } from '../pagination/cursor-codec.js';
import { CALL_EVENTS } from './call-event.schema.js';
import { CallEvents } from './call-events.js';
import { Doorbell } from './doorbell.js';
import { EventWords } from './event-words.js';
import { FeedCursors } from './feed-cursors.js';
import { LiveFeed } from './live-feed.js';
import { OUTBOX } from './outbox.schema.js';
import { Outbox } from './outbox.js';
import { SealScan } from './seal-scan.js';
import { Sealer } from './sealer.js';
import { STREAM_HEADS } from './stream-head.schema.js';
import { StreamFeeds } from './stream-feeds.js';
import { StreamHeads } from './stream-heads.js';

/** The way out: events are stored, given their order, and delivered live. */
@Global()
@Module({
  providers: [
    modelProvider(OUTBOX),
    modelProvider(STREAM_HEADS),
    modelProvider(CALL_EVENTS),
    CallEvents,
    CursorCodec,
    Doorbell,
    EventWords,
    FeedCursors,
    LiveFeed,
    Outbox,
    SealScan,
    Sealer,
    StreamFeeds,
    StreamHeads,
  ],
  exports: [
    CallEvents,
    EventWords,
    CursorCodec,
    Doorbell,
    FeedCursors,
    LiveFeed,
    Outbox,
    Sealer,
    StreamFeeds,
    StreamHeads,
  ],
})
export class EventsModule {}
