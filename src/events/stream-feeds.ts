import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { ObjectId } from '../mongo/object-id.js';
import { repeat, type Repeating } from '../repeat/repeat.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import { jobScope } from '../tenancy/tenant-scope.js';
import { Doorbell } from './doorbell.js';
import { StreamFeed } from './stream-feed.js';
import { StreamHeads } from './stream-heads.js';
import type { StreamSource } from './stream-source.js';

/** How long a lost ring may delay an event. */
const LOOK_EVERY_MS = 1000;

/** Makes the live feeds, wires them to their bells, and looks into them once a second in case a ring got lost. */
@Injectable()
export class StreamFeeds implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('LiveFeed');
  private readonly feeds: { lookEverywhere(): Promise<void> }[] = [];
  private looking: Repeating | null = null;

  constructor(
    private readonly heads: StreamHeads,
    private readonly doorbell: Doorbell,
    private readonly runner: TenantRunner,
  ) {}

  onApplicationBootstrap(): void {
    this.looking = repeat(
      LOOK_EVERY_MS,
      async () => {
        await Promise.all(this.feeds.map(feed => feed.lookEverywhere()));
      },
      error => {
        this.logger.warn(`Could not look for events: ${error.message}`);
      },
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.looking?.stop();
  }

  /** Makes the feed of a stream; its owner does this once at start. */
  of<T, V>(source: StreamSource<T, V>): StreamFeed<T, V> {
    const feed = new StreamFeed(source, {
      head: () => this.heads.read(source.stream),
      inTenant: <R>(tenantId: ObjectId, work: () => Promise<R>) =>
        this.runner.run(jobScope(tenantId, 'live feed'), work),
      listen: (tenantId, onRing) => this.doorbell.listen(tenantId, source.bell, onRing),
    });
    this.feeds.push(feed);
    return feed;
  }
}
