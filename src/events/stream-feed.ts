import { DomainError } from '../errors/domain-error.js';
import { type TenantKey, tenantKey } from '../ids/tenant-key.js';
import type { ObjectId } from '../mongo/object-id.js';
import type { FeedHead, OpenTail, TailOfEpoch } from './open-tail.js';
import { persist } from './persist.js';
import type { StreamPosition } from './stream-head.schema.js';
import type { StreamSource, Visibility } from './stream-source.js';
import { TenantTail } from './tenant-tail.js';

/** Items that one follower holds at a time, however slowly it takes them. */
const PAGE = 100;
/** Every so many looks, which come once a second, it is seen whether the streams are still of their tails' epochs. */
const LOOKS_PER_EPOCH_CHECK = 5;

/** What a feed needs of its surroundings, always for one tenant. */
export interface FeedSupport {
  /** Where the running scope's stream stands. */
  head(): Promise<FeedHead>;
  /** Runs work of the feed itself, which belongs to none of its followers. */
  inTenant<R>(tenantId: ObjectId, work: () => Promise<R>): Promise<R>;
  /** Calls `onRing` whenever the tenant's stream may have grown; returns how to stop. */
  listen(tenantId: ObjectId, onRing: () => void): () => void;
}

/** Where to begin: behind a position. */
export interface FeedStart extends StreamPosition {
  /** Whether it begins with the oldest item that is kept, wherever that is by then. */
  readonly isOldest?: boolean;
}

/**
 * Delivers one kind of stream to its followers: first what the store holds behind their position, then what comes.
 * Positions have no gaps and become readable in order, so nobody misses or repeats one, whatever happens to
 * Redis: its rings only say when to look. Whoever is behind what retention has removed is told, never skipped; and so is
 * whoever comes from an earlier epoch, or meets the end of one.
 */
export class StreamFeed<T, V> {
  private readonly tails = new Map<TenantKey, OpenTail<T>>();
  private looks = 0;

  constructor(
    private readonly source: StreamSource<T, V>,
    private readonly support: FeedSupport,
  ) {}

  /** Reads on in every tail that is followed, as if all bells had rung. @throws when the store is away. */
  async lookEverywhere(): Promise<void> {
    this.looks += 1;
    const isCheckDue = this.looks % LOOKS_PER_EPOCH_CHECK === 0;
    await Promise.all(
      [...this.tails.values()].map(async open => {
        await this.look(open);
        if (isCheckDue) await this.checkEpoch(open);
      }),
    );
  }

  /**
   * Follows a tenant's stream until `leaving` aborts. It opens the tail at its first step.
   * @throws DomainError CURSOR_EXPIRED once it cannot tell whether something was removed that was still to come, and
   * when the start's epoch is over.
   */
  async *follow(
    tenantId: ObjectId,
    start: FeedStart,
    visibility: Visibility<V>,
    leaving: AbortSignal,
  ): AsyncGenerator<T, void, undefined> {
    let open = this.open(tenantId);
    let { position } = start;
    // Whoever wants the oldest item, and has had none yet, begins wherever that is by now.
    let mayMoveUp = start.isOldest ?? false;
    try {
      let opened = await persist(() => this.tailOf(open), leaving);
      if (opened && opened.epoch < start.epoch) {
        await persist(() => this.checkEpoch(open), leaving);
        this.release(open);
        open = this.open(tenantId);
        opened = await persist(() => this.tailOf(open), leaving);
      }
      if (opened && opened.epoch !== start.epoch) throw this.expired(await this.headOf(tenantId));
      const tail = opened?.tail;
      while (tail && !leaving.aborted) {
        if (open.successor) throw this.expired(open.successor);
        const recent = tail.after(position, PAGE);
        if (recent?.length === 0) {
          await tail.grown.wait(leaving);
          continue;
        }
        const page = recent ?? (await this.replayPage({ ...start, position }, visibility, leaving));
        if (!Array.isArray(page)) {
          if (!mayMoveUp || page.epoch !== start.epoch) throw this.expired(page);
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
  expired({ epoch, floor }: FeedHead): DomainError {
    const firstAvailableCursor = this.source.cursorAt({ epoch, position: floor });
    return new DomainError('CURSOR_EXPIRED', undefined, { firstAvailableCursor });
  }

  /**
   * The items behind a position; or the head, when some of them may have been removed or the epoch is over. The head is
   * read after the page: what the page lacks was removed before it was read, and so the floor had been raised by then.
   */
  private async replayPage(
    { epoch, position }: StreamPosition,
    visibility: Visibility<V>,
    leaving: AbortSignal,
  ): Promise<T[] | FeedHead> {
    const read = async () => {
      const page = await this.source.after(position, await visibility(), PAGE);
      const head = await this.support.head();
      return head.floor > position || head.epoch !== epoch ? head : page;
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
      if ((await this.support.head()).floor > position) return position;
      const nextPosition = next === undefined ? null : this.source.positionOf(next);
      return nextPosition === null || nextPosition > end ? Math.max(position, end) : nextPosition - 1;
    }, leaving);
  }

  private open(tenantId: ObjectId): OpenTail<T> {
    const key = tenantKey(tenantId);
    const known = this.tails.get(key);
    if (known) {
      known.followers += 1;
      return known;
    }
    const open: OpenTail<T> = {
      tenantId,
      tail: null,
      stop: () => undefined,
      followers: 1,
      successor: null,
    };
    open.stop = this.support.listen(tenantId, () => {
      // A failed look is made up for by the next one.
      this.look(open).catch(() => undefined);
    });
    this.tails.set(key, open);
    return open;
  }

  private tailOf(open: OpenTail<T>): Promise<TailOfEpoch<T>> {
    const inTenant = <R>(work: () => Promise<R>) => this.support.inTenant(open.tenantId, work);
    const { source } = this;
    open.tail ??= this.headOf(open.tenantId)
      .then(({ epoch, position: end }) => ({
        epoch,
        tail: new TenantTail<T>(end, {
          read: (position, limit) => inTenant(() => source.after(position, source.everything, limit)),
          positionOf: item => source.positionOf(item),
          sizeOf: item => source.sizeOf?.(item) ?? 0,
          afterwards: (earlier, later) => source.afterwards?.(earlier, later) ?? earlier,
        }),
      }))
      .catch((error: unknown) => {
        open.tail = null;
        throw error;
      });
    return open.tail;
  }

  private async look(open: OpenTail<T>): Promise<void> {
    await (await open.tail)?.tail.readOn();
  }

  /** Ends a tail whose epoch is over: its followers are told, and the next ones get another tail. */
  private async checkEpoch(open: OpenTail<T>): Promise<void> {
    const opened = await open.tail;
    if (!opened || open.successor) return;
    const head = await this.headOf(open.tenantId);
    if (head.epoch === opened.epoch) return;
    open.successor = head;
    this.close(open);
    opened.tail.grown.notify();
  }

  private headOf(tenantId: ObjectId): Promise<FeedHead> {
    return this.support.inTenant(tenantId, () => this.support.head());
  }

  private release(open: OpenTail<T>): void {
    open.followers -= 1;
    if (open.followers === 0 && !open.successor) this.close(open);
  }

  private close(open: OpenTail<T>): void {
    open.stop();
    const key = tenantKey(open.tenantId);
    if (this.tails.get(key) === open) this.tails.delete(key);
  }
}
