import { describe, expect, it } from '@jest/globals';
import {
  checkDeliveries,
  checkHistory,
  checkStore,
  FlawBook,
  type HeardEvent,
  type StoredEvent,
} from './histories.js';

const STORED: readonly StoredEvent[] = [
  { id: 'a1', callId: 'a', sequence: 1, position: 1 },
  { id: 'b1', callId: 'b', sequence: 1, position: 2 },
  { id: 'a2', callId: 'a', sequence: 2, position: 3 },
  { id: 'b2', callId: 'b', sequence: 2, position: 4 },
];

const heard = (...ids: string[]): HeardEvent[] =>
  ids.map(id => ({ id, callId: id.slice(0, 1), sequence: Number(id.slice(1)), delayMs: 0, at: 0 }));

function flawsOf(history: readonly HeardEvent[], stored = STORED) {
  const book = new FlawBook(() => 'row');
  checkStore(stored, book);
  checkHistory('somebody', history, stored, book);
  const { lost = 0, repeated = 0, outOfOrder = 0 } = book.rows.get('row') ?? {};
  return { lost, repeated, outOfOrder };
}

describe('the checker of what a webhook was sent', () => {
  const flawsOfSent = (...ids: string[]) => {
    const book = new FlawBook(() => 'row');
    checkDeliveries('somebody', heard(...ids), STORED, book);
    const { lost = 0, repeated = 0, outOfOrder = 0 } = book.rows.get('row') ?? {};
    return { lost, repeated, outOfOrder };
  };

  it('finds nothing where everything came, whatever came again and in whatever order of calls', () => {
    const fine = { lost: 0, repeated: 0, outOfOrder: 0 };
    expect(flawsOfSent('a1', 'b1', 'a2', 'b2')).toEqual(fine);
    expect(flawsOfSent('b1', 'b2', 'a1', 'a1', 'a2', 'a1', 'b2')).toEqual(fine);
  });

  it('finds what never came, what overtook another event of its call, and what is not true', () => {
    expect(flawsOfSent('a1', 'b1', 'b2')).toEqual({ lost: 1, repeated: 0, outOfOrder: 0 });
    expect(flawsOfSent('a2', 'a1', 'b1', 'b2', 'a2')).toEqual({ lost: 0, repeated: 0, outOfOrder: 1 });
    expect(flawsOfSent('a1', 'b1', 'a2', 'b2', 'b3')).toEqual({ lost: 0, repeated: 1, outOfOrder: 0 });
  });
});

describe('the checker of histories', () => {
  it('finds nothing in a complete history', () => {
    expect(flawsOf(heard('a1', 'b1', 'a2', 'b2'))).toEqual({ lost: 0, repeated: 0, outOfOrder: 0 });
  });

  it('finds an event that never came, at the end too', () => {
    expect(flawsOf(heard('a1', 'b1', 'a2'))).toEqual({ lost: 1, repeated: 0, outOfOrder: 0 });
    expect(flawsOf(heard('b1', 'a2', 'b2'))).toEqual({ lost: 1, repeated: 0, outOfOrder: 0 });
  });

  it('finds an event that came twice', () => {
    expect(flawsOf(heard('a1', 'b1', 'a2', 'a2', 'b2'))).toEqual({ lost: 0, repeated: 1, outOfOrder: 0 });
  });

  it('finds events of one call that came in the wrong order', () => {
    expect(flawsOf(heard('a2', 'a1', 'b1', 'b2'))).toEqual({ lost: 0, repeated: 0, outOfOrder: 2 });
  });

  it('finds calls among each other in another order than the feed', () => {
    expect(flawsOf(heard('b1', 'a1', 'a2', 'b2'))).toEqual({ lost: 0, repeated: 0, outOfOrder: 1 });
  });

  it('finds an event that was told and never stored', () => {
    expect(flawsOf(heard('a1', 'b1', 'a2', 'b2', 'b3'))).toEqual({ lost: 0, repeated: 1, outOfOrder: 0 });
  });

  it('finds a gap in the store, and an event without its place', () => {
    const history = heard('a1', 'b1', 'b2');
    const withGap = STORED.map(event => (event.id === 'a2' ? { ...event, sequence: 3 } : event));
    expect(flawsOf(heard('a1', 'b1', 'a2', 'b2'), withGap).lost).toBe(1);
    const unplaced = STORED.slice(0, 3).map(event =>
      event.id === 'a2' ? { ...event, position: null } : event,
    );
    expect(flawsOf(history, unplaced).outOfOrder).toBeGreaterThan(0);
  });
});
