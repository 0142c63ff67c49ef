import type { ObjectId } from '../mongo/object-id.js';
import { persist } from './persist.js';
import type { StreamSource, Visibility } from './stream-source.js';
import { TenantTail } from './tenant-tail.js';

const REPLAY_PAGE = 200;

/** What a feed needs of its surroundings, always for one tenant. */
export interface FeedSupport {
  /** The position of the last item in the store. */
  head(): Promise<number>;
  /** Runs work of the feed itself, which belongs to none of its followers. */
  inTenant<R>(tenantId: ObjectId, work: () => Promise<R>): Promise<R>;
  /** Calls `onRing` whenever the tenant's stream may have grown; returns how to stop. */
  listen(tenantId: ObjectId, onRing: () => void): () => void;
}

/** A tail that is followed by somebody; counted at once, so that it is never closed under a newcomer. */
interface OpenTail<T> {
  readonly tenantId: ObjectId;
  /** Null until the first follower has opened it, and again when that failed: the next attempt starts anew. */
  tail: Promise<TenantTail<T>> | null;
  stop: () => void;
  followers: number;
}

/**
 * Delivers one kind of stream to its followers: first what the store holds behind their position, then what comes.
 * Positions have no gaps and become readable in order, so nobody misses or repeats one, whatever happens to
 * Redis: its rings only say when to look.
 */
export class StreamFeed<T, V> {
  private readonly tails = new Map<string, OpenTail<T>>();

  constructor(
    private readonly source: StreamSource<T, V>,
    private readonly support: FeedSupport,
  ) {}

  /** Reads on in every tail that is followed, as if all bells had rung. @throws when the store is away. */
  async lookEverywhere(): Promise<void> {
    await Promise.all([...this.tails.values()].map(open => this.look(open)));
  }

  /** Follows a tenant's stream behind `position` until `leaving` aborts. It opens the tail at its first step. */
  async *follow(
    tenantId: ObjectId,
    start: number,
    visibility: Visibility<V>,
    leaving: AbortSignal,
  ): AsyncGenerator<T, void, undefined> {
    const open = this.open(tenantId);
    let position = start;
    try {
      const tail = await persist(() => this.tailOf(open), leaving);
      while (tail && !leaving.aborted) {
        const recent = tail.after(position);
        if (recent?.length === 0) {
          await tail.grown.wait(leaving);
          continue;
        }
        const page = recent ?? (await this.replayPage(position, visibility, leaving));
        for (const item of page) {
          const rights = await persist(async () => visibility(), leaving);
          if (rights === null) return;
          position = this.source.positionOf(item);
          if (this.source.isVisible(item, rights)) yield item;
        }
        if (recent === null && page.length < REPLAY_PAGE) {
          // Caught up with the store: go on from where the tail begins to know everything.
          position = (await this.endOfReplay(tail, position, visibility, leaving)) ?? position;
        }
      }
    } finally {
      this.release(open);
    }
  }

  private async replayPage(position: number, visibility: Visibility<V>, leaving: AbortSignal): Promise<T[]> {
    const read = async () => this.source.after(position, await visibility(), REPLAY_PAGE);
    return (await persist(read, leaving)) ?? [];
  }

  /** A position up to which the store holds nothing more for this follower. */
  private endOfReplay(
    tail: TenantTail<T>,
    position: number,
    visibility: Visibility<V>,
    leaving: AbortSignal,
  ): Promise<number | null> {
    const end = tail.position;
    return persist(async () => {
      const [next] = await this.source.after(position, await visibility(), 1);
      const nextPosition = next === undefined ? null : this.source.positionOf(next);
      return nextPosition === null || nextPosition > end ? Math.max(position, end) : nextPosition - 1;
    }, leaving);
  }

  private open(tenantId: ObjectId): OpenTail<T> {
    const key = tenantId.toHexString();
    const known = this.tails.get(key);
    if (known) {
      known.followers += 1;
      return known;
    }
    const open: OpenTail<T> = { tenantId, tail: null, stop: () => undefined, followers: 1 };
    open.stop = this.support.listen(tenantId, () => {
      // A failed look is made up for by the next one.
      this.look(open).catch(() => undefined);
    });
    this.tails.set(key, open);
    return open;
  }

  private tailOf(open: OpenTail<T>): Promise<TenantTail<T>> {
    const inTenant = <R>(work: () => Promise<R>) => this.support.inTenant(open.tenantId, work);
    open.tail ??= inTenant(() => this.support.head())
      .then(
        head =>
          new TenantTail<T>(head, {
            read: (position, limit) =>
              inTenant(() => this.source.after(position, this.source.everything, limit)),
            positionOf: item => this.source.positionOf(item),
          }),
      )
      .catch((error: unknown) => {
        open.tail = null;
        throw error;
      });
    return open.tail;
  }

  private async look(open: OpenTail<T>): Promise<void> {
    const tail = await open.tail;
    await tail?.readOn();
  }

  private release(open: OpenTail<T>): void {
    open.followers -= 1;
    if (open.followers > 0) return;
    open.stop();
    this.tails.delete(open.tenantId.toHexString());
  }
}
