import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { KnownHappening } from '../../events/call-event.schema.js';
import type { ProviderCall } from '../ultravox/voice-provider.js';
import type { Booking } from '../usage/usage-ledger.service.js';
import { foldCall } from './call-fold.js';
import type { CallNews } from './call-news.js';
import type { CallDocument } from './call.schema.js';
import { at, BILL, BILLED, CREATED, ENDED, JOINED, queuedCall, SUMMARY } from './spec-kit.js';

/** A call whose creation has just been asked for. */
function asked(): CallDocument {
  const call = queuedCall();
  return { ...call, ...foldCall(call, { kind: 'attempted', at: at(0) }).patch };
}

/** What an event tells: how the call stood then. */
const told = (call: ProviderCall): CallNews => ({ kind: 'provider', call, isPast: true });
/** What a look finds: how the call stands. */
const found = (call: ProviderCall): CallNews => ({ kind: 'provider', call });

interface Life {
  /** The answer to the creation, and every event, in the order in which they happen. */
  readonly news: readonly CallNews[];
  /** What the provider says when it is asked once more at the end. */
  readonly last: CallNews;
  readonly statuses: readonly string[];
  readonly bookings: readonly Booking[];
  readonly outcome: Partial<CallDocument>;
}

const booking = (kind: Booking['kind'], callSeconds: number, billedSeconds: number): Booking => ({
  kind,
  callSeconds,
  billedSeconds,
});
const WHOLE = ['RINGING', 'IN_PROGRESS', 'COMPLETED'];
const UNJOINED: ProviderCall = { ...CREATED, joinUrl: null, endedAt: at(31), endReason: 'unjoined' };
const FREE: ProviderCall = { ...UNJOINED, billedSeconds: 0, isBillingFinal: true };
const BROKEN: ProviderCall = { ...ENDED, endReason: 'system_error' };
const REFUNDED: ProviderCall = { ...BILLED, isRefunded: true };

/** The lives of calls, each by the news that 201, started, joined, ended and billed bring. */
const LIVES: Readonly<Record<string, Life>> = {
  'that somebody joined': {
    news: [found(CREATED), told(CREATED), told(JOINED), told(ENDED), told(BILLED)],
    last: found(BILLED),
    statuses: WHOLE,
    bookings: [booking('ESTIMATE', 7, 12), booking('FINAL', 7, 12)],
    outcome: { status: 'COMPLETED', endReason: 'HANGUP', billedSeconds: 12, joinedAt: at(2), endedAt: at(9) },
  },
  'that nobody joined': {
    news: [found(CREATED), told(CREATED), told(UNJOINED), told(FREE)],
    last: found(FREE),
    statuses: ['RINGING', 'ENDED'],
    bookings: [booking('ESTIMATE', 0, 0), booking('FINAL', 0, 0)],
    outcome: { status: 'ENDED', endReason: 'UNJOINED', billedSeconds: 0, joinedAt: null },
  },
  'that are billed before they are known to be over': {
    news: [found(CREATED), told(CREATED), told({ ...JOINED, ...BILL }), told(ENDED), told(JOINED)],
    last: found(BILLED),
    statuses: WHOLE,
    bookings: [booking('ESTIMATE', 7, 12), booking('FINAL', 7, 12)],
    outcome: { status: 'COMPLETED', billedSeconds: 12 },
  },
  'that are billed otherwise than they would be': {
    news: [
      found(CREATED),
      told(CREATED),
      told(JOINED),
      told(BROKEN),
      told({ ...BROKEN, ...BILL, ...SUMMARY }),
    ],
    last: found({ ...BROKEN, ...BILL, ...SUMMARY }),
    statuses: ['RINGING', 'IN_PROGRESS', 'FAILED'],
    bookings: [booking('ESTIMATE', 7, 0), booking('FINAL', 7, 12)],
    outcome: { status: 'FAILED', endReason: 'SYSTEM_ERROR', billedSeconds: 12 },
  },
  'whose bill is taken back': {
    news: [found(CREATED), told(CREATED), told(JOINED), told(ENDED), told(BILLED)],
    last: found(REFUNDED),
    statuses: WHOLE,
    bookings: [booking('ESTIMATE', 7, 12), booking('FINAL', 7, 12), booking('CORRECTION', 7, 0)],
    outcome: { status: 'COMPLETED', billedSeconds: 0 },
  },
};

function fold(news: readonly CallNews[], start = asked()) {
  let call = start;
  const happenings: KnownHappening[] = [];
  const bookings: Booking[] = [];
  for (const piece of news) {
    const folded = foldCall(call, piece);
    call = { ...call, ...folded.patch };
    happenings.push(...folded.happenings);
    bookings.push(...folded.bookings);
  }
  return { call, happenings, bookings };
}

/** What must be the same, however the news came. */
function expectSame({ statuses, bookings, outcome, last }: Life, news: readonly CallNews[]): void {
  const start = asked();
  const straight = fold([last], start);
  const folded = fold([...news, last], start);
  expect(folded.call).toMatchObject(outcome);
  expect(folded.call).toEqual(straight.call);
  expect(folded.bookings).toEqual(bookings);
  const told = folded.happenings.flatMap(piece => (piece.type === 'statusChanged' ? [piece.status] : []));
  expect(told).toEqual(statuses);
  const others = folded.happenings.filter(({ type }) => type !== 'statusChanged');
  expect(others.map(({ type }) => type)).toEqual(straight.call.summary === null ? [] : ['summaryReady']);
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, index) =>
    permutations(items.filter((_, other) => other !== index)).map(rest => [item, ...rest]),
  );
}

describe.each(Object.entries(LIVES))('Calls %s end the same', (_what, life) => {
  it('in every order of 201, started, joined, ended and billed', () => {
    for (const order of permutations(life.news)) expectSame(life, order);
  });

  it('however often each of them comes, and whichever of them are lost', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...life.news), { maxLength: 15 }), news => {
        expectSame(life, news);
      }),
      { numRuns: 500 },
    );
  });

  it('at every step of it going forward alone', () => {
    const rank = ['QUEUED', 'RINGING', 'IN_PROGRESS', 'COMPLETED', 'FAILED', 'ENDED'];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...life.news, life.last), { maxLength: 15 }), news => {
        let call = asked();
        for (const piece of news) {
          const next = { ...call, ...foldCall(call, piece).patch };
          expect(rank.indexOf(next.status)).toBeGreaterThanOrEqual(rank.indexOf(call.status));
          if (call.endedAt) expect(next).toMatchObject({ status: call.status, endedAt: call.endedAt });
          // What is known already changes nothing more.
          const again = foldCall(next, piece);
          expect([again.happenings, again.bookings, { ...next, ...again.patch }]).toEqual([[], [], next]);
          call = next;
        }
      }),
    );
  });

  it('also when it is deleted in the middle of it: its bill is still booked', () => {
    for (const order of permutations(life.news)) {
      const over = fold([life.news[0] as CallNews, life.last]);
      const gone = fold([{ kind: 'deleted', at: at(40) }, ...order, life.last], over.call);
      expect(gone.bookings).toEqual([]);
      const early = fold([...life.news.slice(0, -1)]);
      const { bookings } = fold([{ kind: 'deleted', at: at(40) }, life.last], early.call);
      const total = [...early.bookings, ...bookings].at(-1);
      if (early.call.endedAt) expect(total).toEqual(life.bookings.at(-1));
    }
  });
});

describe('A bill', () => {
  it('that is changed later is corrected by the difference, by a look alone', () => {
    const { call, bookings } = fold([found(BILLED)]);
    expect(bookings.map(({ kind }) => kind)).toEqual(['ESTIMATE', 'FINAL']);
    const old = fold([told({ ...BILLED, billedSeconds: 18 })], call);
    expect([old.bookings, old.call.billedSeconds]).toEqual([[], 12]);
    const fresh = fold([found({ ...BILLED, billedSeconds: 18 })], call);
    expect(fresh.bookings).toEqual([booking('CORRECTION', 7, 18)]);
    expect(fresh.call.booked).toMatchObject({ entries: 3, billedSeconds: 18 });
  });

  it('that is taken back stays so, whatever is heard of it before it was', () => {
    const { call } = fold([found(REFUNDED)]);
    for (const late of [told(BILLED), told(ENDED), found(BILLED)]) {
      const after = fold([late], call);
      expect([after.bookings, after.call.billedSeconds]).toEqual([[], 0]);
    }
  });

  it('that cannot come any more is taken to be what was estimated', () => {
    const { call } = fold([found(ENDED), { kind: 'deleted', at: at(20) }]);
    const gone = fold([{ kind: 'deletedAtProvider' }, { kind: 'deletedAtProvider' }], call);
    expect([gone.bookings, gone.call.billedSeconds]).toEqual([[booking('FINAL', 7, 12)], 12]);
  });

  it('comes of no call that never came to the provider', () => {
    const over: CallNews = { kind: 'over', at: at(5), reason: 'QUEUE_EXPIRED', failure: null };
    expect(fold([over]).bookings).toEqual([]);
  });
});
