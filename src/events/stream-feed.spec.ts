import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { DomainError } from '../errors/domain-error.js';
import { newObjectId } from '../mongo/object-id.js';
import { abortable } from './abortable.js';
import { StreamFeed } from './stream-feed.js';
import type { Visibility } from './stream-source.js';

/** Positions 1, 2, 3 …; who may not hear all of them hears the even ones. */
type Rights = 'all' | 'even';

const tenantId = newObjectId();

/** A stream in memory that is looked into when `ring` is called. */
class Stream {
  readonly listeners = new Set<() => void>();
  length = 0;
  floor = 0;
  epoch = 0;
  isAway = false;
  reads = 0;

  readonly feed = new StreamFeed<number, Rights>(
    {
      stream: 'calls',
      bell: 'feed',
      everything: 'all',
      after: (position, rights, limit) => this.after(position, rights, limit),
      positionOf: item => item,
      isVisible: (item, rights) => rights === 'all' || item % 2 === 0,
      cursorAt: ({ epoch, position }) => `${epoch}:${position}`,
    },
    {
      head: () => this.answer(() => ({ epoch: this.epoch, position: this.length, floor: this.floor })),
      inTenant: (_tenantId, work) => work(),
      listen: (_tenantId, onRing) => {
        this.listeners.add(onRing);
        return () => this.listeners.delete(onRing);
      },
    },
  );

  grow(items: number): void {
    this.length += items;
    for (const ring of this.listeners) ring();
  }

  /** As retention does: the floor first, then the items. */
  remove(upTo: number): void {
    this.floor = upTo;
  }

  /** As a restored backup does: back to an earlier length, in a new epoch. */
  setBack(length: number): void {
    this.length = length;
    this.epoch += 1;
  }

  follow(from: number | 'oldest', visibility: Visibility<Rights> = () => 'all', epoch = this.epoch) {
    const start = from === 'oldest' ? { epoch, position: 0, isOldest: true } : { epoch, position: from };
    return abortable(leaving => this.feed.follow(tenantId, start, visibility, leaving));
  }

  private after(position: number, rights: Rights, limit: number): Promise<number[]> {
    return this.answer(() => {
      this.reads += 1;
      const behind = Array.from({ length: this.length - position }, (_, index) => position + 1 + index);
      return behind.filter(item => item > this.floor && (rights === 'all' || item % 2 === 0)).slice(0, limit);
    });
  }

  private async answer<T>(read: () => T): Promise<T> {
    await turn();
    if (this.isAway) throw new Error('The store is away');
    return read();
  }
}

async function take(source: AsyncIterator<number>, count: number): Promise<number[]> {
  const taken: number[] = [];
  while (taken.length < count) {
    const next = await source.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('StreamFeed', () => {
  it('replays several pages and goes on live, without a gap and without a repeat', async () => {
    const stream = new Stream();
    stream.length = 1050;
    const following = stream.follow(0);
    expect(await take(following, 1050)).toEqual(numbers(1, 1050));
    const next = take(following, 3);
    stream.grow(3);
    expect(await next).toEqual([1051, 1052, 1053]);
    await following.return?.();
  });

  it('misses nothing that is stored while it replays', async () => {
    const stream = new Stream();
    stream.length = 300;
    const following = stream.follow(0);
    const heard = await take(following, 150);
    stream.grow(300);
    heard.push(...(await take(following, 450)));
    expect(heard).toEqual(numbers(1, 600));
    await following.return?.();
  });

  it('brings back from the store whoever has fallen behind what is kept in memory', async () => {
    const stream = new Stream();
    const slow = stream.follow(0);
    const quick = stream.follow(0);
    const first = take(slow, 1);
    const all = take(quick, 3000);
    await turn();
    for (let grown = 0; grown < 6; grown += 1) {
      await turn();
      stream.grow(500);
    }
    expect(await all).toEqual(numbers(1, 3000));
    expect([...(await first), ...(await take(slow, 2999))]).toEqual(numbers(1, 3000));
    await Promise.all([slow.return?.(), quick.return?.()]);
  });

  it('asks for the rights again for each item', async () => {
    const stream = new Stream();
    stream.length = 10;
    let rights: Rights = 'all';
    const following = stream.follow(0, () => rights);
    expect(await take(following, 3)).toEqual([1, 2, 3]);
    rights = 'even';
    expect(await take(following, 3)).toEqual([4, 6, 8]);
    const next = take(following, 2);
    stream.grow(3);
    expect(await next).toEqual([10, 12]);
    await following.return?.();
  });

  it('ends with the error of one who has no right any more', async () => {
    const stream = new Stream();
    stream.length = 2;
    let isOver = false;
    const following = stream.follow(0, () => {
      if (isOver) throw new DomainError('UNAUTHENTICATED');
      return 'all';
    });
    expect(await take(following, 1)).toEqual([1]);
    isOver = true;
    await expect(following.next()).rejects.toThrow(DomainError);
    expect(stream.listeners.size).toBe(0);
  });

  it('waits while the store is away, also at its very start', async () => {
    const stream = new Stream();
    stream.length = 2;
    stream.isAway = true;
    const following = stream.follow(0);
    const heard = take(following, 2);
    for (let turns = 0; turns < 10; turns += 1) await turn();
    stream.isAway = false;
    expect(await heard).toEqual([1, 2]);
    await following.return?.();
  });

  it('reads once for all who are up to date, and listens to no bell once all have left', async () => {
    const stream = new Stream();
    const followers = [stream.follow(0), stream.follow(0), stream.follow(0)];
    const heard = followers.map(following => take(following, 1));
    for (let turns = 0; turns < 10; turns += 1) await turn();
    expect(stream.listeners.size).toBe(1);
    stream.reads = 0;
    stream.grow(1);
    expect(await Promise.all(heard)).toEqual([[1], [1], [1]]);
    expect(stream.reads).toBe(1);
    for (const following of followers) await following.return?.();
    expect(stream.listeners.size).toBe(0);
  });

  describe('while retention removes items', () => {
    const code = { code: 'CURSOR_EXPIRED' };

    it('tells whoever is behind what was removed, and serves whoever is not', async () => {
      const stream = new Stream();
      stream.length = 10;
      stream.remove(4);
      await expect(stream.follow(3).next()).rejects.toMatchObject(code);
      expect(await take(stream.follow(4), 6)).toEqual(numbers(5, 10));
    });

    it('tells it also to one who was reading when they were removed', async () => {
      const stream = new Stream();
      stream.length = 500;
      const following = stream.follow(0);
      expect(await take(following, 50)).toEqual(numbers(1, 50));
      stream.remove(300);
      expect(await take(following, 50)).toEqual(numbers(51, 100));
      await expect(following.next()).rejects.toMatchObject(code);
      expect(stream.listeners.size).toBe(0);
    });

    it('begins with the oldest that is kept for one who wants that, whatever is removed meanwhile', async () => {
      const stream = new Stream();
      stream.length = 500;
      stream.remove(100);
      const following = stream.follow('oldest');
      const first = following.next();
      stream.remove(200);
      expect((await first).value).toBe(201);
      expect(await take(following, 299)).toEqual(numbers(202, 500));
      await following.return?.();
    });

    it('does not take the live end for complete when it has a hole', async () => {
      const stream = new Stream();
      stream.length = 5;
      const following = stream.follow(5);
      const next = following.next();
      for (let turns = 0; turns < 10; turns += 1) await turn();
      stream.isAway = true;
      stream.grow(10);
      for (let turns = 0; turns < 10; turns += 1) await turn();
      stream.remove(8);
      stream.isAway = false;
      stream.grow(1);
      await expect(next).rejects.toMatchObject(code);
    });
  });

  describe('when the store is set back', () => {
    const expired = (firstAvailableCursor: string) => ({
      code: 'CURSOR_EXPIRED',
      details: { firstAvailableCursor },
    });
    /** Looks as often as it takes for every tail to be checked. */
    const lookAround = async (stream: Stream) => {
      for (let looks = 0; looks < 5; looks += 1) await stream.feed.lookEverywhere();
    };

    it('tells whoever comes from an earlier epoch, wherever the stream has got by then', async () => {
      const stream = new Stream();
      stream.length = 35;
      stream.setBack(14);
      for (const length of [14, 35, 91]) {
        stream.length = length;
        for (const position of [0, 14, 35])
          await expect(stream.follow(position, undefined, 0).next()).rejects.toMatchObject(expired('1:0'));
      }
      const present = stream.follow(14);
      expect(await take(present, 77)).toEqual(numbers(15, 91));
      await present.return?.();
      expect(stream.listeners.size).toBe(0);
    });

    it('names the oldest position that is kept, when retention has removed some too', async () => {
      const stream = new Stream();
      stream.length = 35;
      stream.remove(9);
      stream.setBack(14);
      await expect(stream.follow(35, undefined, 0).next()).rejects.toMatchObject(expired('1:9'));
    });

    it('tells those who wait at the live end, and serves the next ones from the new epoch', async () => {
      const stream = new Stream();
      stream.length = 35;
      const [one, other] = [stream.follow(35).next(), stream.follow(30).next()];
      expect((await other).value).toBe(31);
      const told = expect(one).rejects.toMatchObject(expired('1:0'));
      for (let turns = 0; turns < 10; turns += 1) await turn();
      stream.setBack(14);
      stream.grow(3);
      await lookAround(stream);
      await told;
      const next = stream.follow(14);
      expect(await take(next, 3)).toEqual([15, 16, 17]);
      await next.return?.();
    });

    it('serves one of the new epoch at once, though others still wait at the end of the old one', async () => {
      const stream = new Stream();
      stream.length = 35;
      const old = stream.follow(35).next();
      const told = expect(old).rejects.toMatchObject(expired('1:0'));
      for (let turns = 0; turns < 10; turns += 1) await turn();
      stream.setBack(14);
      stream.grow(2);
      const next = stream.follow(14);
      expect(await take(next, 2)).toEqual([15, 16]);
      await told;
      await next.return?.();
      expect(stream.listeners.size).toBe(0);
    });

    it('tells one who was reading older pages meanwhile', async () => {
      const stream = new Stream();
      stream.length = 500;
      const following = stream.follow(0);
      expect(await take(following, 100)).toEqual(numbers(1, 100));
      stream.setBack(400);
      await expect(following.next()).rejects.toMatchObject(expired('1:0'));
    });
  });
});
