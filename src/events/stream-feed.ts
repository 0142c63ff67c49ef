import { DomainError } from '../errors/domain-error.js';
import type { ObjectId } from '../mongo/object-id.js';
import { persist } from './persist.js';
import type { StreamSource, Visibility } from './stream-source.js';
import { TenantTail } from './tenant-tail.js';

/** Items that one follower holds at a time, however slowly it takes them. */
const PAGE = 100;

/** What a feed needs of its surroundings, always for one tenant. */
export interface FeedSupport {
  /** The position of the last item in the store. */
  head(): Promise<number>;
  /** The position up to which retention has removed the stream. It is raised before anything is removed. */
  floor(): Promise<number>;
  /** Runs work of the feed itself, which belongs to none of its followers. */
  inTenant<R>(tenantId: ObjectId, work: () => Promise<R>): Promise<R>;
  /** Calls `onRing` whenever the tenant's stream may have grown; returns how to stop. */
  listen(tenantId: ObjectId, onRing: () => void): () => void;
}

/** Where to begin: behind a position, or with the oldest item that is kept. */
export type FeedStart = number | 'oldest';

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
 * Redis: its rings only say when to look. Whoever is behind what retention has removed is told, never skipped.
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

  /**
   * Follows a tenant's stream until `leaving` aborts. It opens the tail at its first step.
   * @throws DomainError CURSOR_EXPIRED once it cannot tell whether something was removed that was still to come.
   */
  async *follow(
    tenantId: ObjectId,
    start: FeedStart,
    visibility: Visibility<V>,
    leaving: AbortSignal,
  ): AsyncGenerator<T, void, undefined> {
    const open = this.open(tenantId);
    let position = start === 'oldest' ? 0 : start;
    // Whoever wants the oldest item, and has had none yet, begins wherever that is by now.
    let mayMoveUp = start === 'oldest';
    try {
      const tail = await persist(() => this.tailOf(open), leaving);
      while (tail && !leaving.aborted) {
        const recent = tail.after(position, PAGE);
        if (recent?.length === 0) {
          await tail.grown.wait(leaving);
          continue;
        }
        const page = recent ?? (await this.replayPage(position, visibility, leaving));
        if (!Array.isArray(page)) {
          if (!mayMoveUp) throw this.expired(page.floor);
          position = page.floor;
          continue;
        }
        for (const item of page) {
          const rights = await persist(async () => visibility(), leaving);
          if (rights === null) return;
          position = this.source.positionOf(item);
          if (!this.source.isVisible(item, rights)) continue;
          mayMoveUp = false;
          yield item;
        }
        if (recent === null && page.length < PAGE) {
          // Caught up with the store: go on from where the tail begins to know everything.
          position = (await this.endOfReplay(tail, position, visibility, leaving)) ?? position;
        }
      }
    } finally {
      this.release(open);
    }
  }

  /** What tells a client that items behind its cursor are gone, and from where it may go on. */
  expired(floor: number): DomainError {
    const firstAvailableCursor = this.source.cursorAt?.(floor);
    return new DomainError(
      'CURSOR_EXPIRED',
      undefined,
      firstAvailableCursor === undefined ? {} : { firstAvailableCursor },
    );
  }

  /**
   * The items behind a position; or the floor, when some of them may have been removed. The floor is read after the
   * page: what the page lacks was removed before it was read, and so the floor had been raised by then.
   */
  private async replayPage(
    position: number,
    visibility: Visibility<V>,
    leaving: AbortSignal,
  ): Promise<T[] | { readonly floor: number }> {
    const read = async () => {
      const page = await this.source.after(position, await visibility(), PAGE);
      const floor = await this.support.floor();
      return floor > position ? { floor } : page;
    };
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
      // Something may have been removed since the page was read: the next page finds out.
      if ((await this.support.floor()) > position) return position;
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
    const { source } = this;
    open.tail ??= inTenant(() => this.support.head())
      .then(
        head =>
          new TenantTail<T>(head, {
            read: (position, limit) => inTenant(() => source.after(position, source.everything, limit)),
            positionOf: item => source.positionOf(item),
            sizeOf: item => source.sizeOf?.(item) ?? 0,
            afterwards: (earlier, later) => source.afterwards?.(earlier, later) ?? earlier,
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
