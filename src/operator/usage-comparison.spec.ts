import { describe, expect, it } from '@jest/globals';
import { type BookedDay, compareDays } from './usage-comparison.js';

const TODAY = '2026-03-10';
const booked = (
  day: string,
  calls: number,
  billedSeconds: number,
  unbilledCalls = 0,
): [string, BookedDay] => [day, { calls, billedSeconds, unbilledCalls }];
const compare = (ours: [string, BookedDay][], theirs: [string, number, number][]) =>
  compareDays(
    new Map(ours),
    theirs.map(([day, calls, billedSeconds]) => ({ day, calls, billedSeconds })),
    TODAY,
  );

describe('compareDays', () => {
  it('finds what is the same the same', () => {
    const { isEqual, lines } = compare(
      [booked('2026-03-01', 2, 18), booked('2026-03-02', 1, 6)],
      [
        ['2026-03-01', 2, 18],
        ['2026-03-02', 1, 6],
      ],
    );
    expect([isEqual, lines]).toEqual([true, ['3 calls, 0.4 min in the ledger']]);
    expect(compare([], [])).toMatchObject({ isEqual: true });
  });

  it.each<[string, [string, BookedDay][], [string, number, number][]]>([
    ['another bill', [booked('2026-03-01', 2, 18)], [['2026-03-01', 2, 12]]],
    ['a bill that was taken back', [booked(TODAY, 1, 6)], [[TODAY, 1, 0]]],
    ['a call too many', [booked(TODAY, 2, 6)], [[TODAY, 1, 6]]],
    ['a call too few on a day that is long over', [booked('2026-03-01', 1, 6)], [['2026-03-01', 2, 6]]],
    ['a day that we do not have', [], [['2026-03-01', 1, 6]]],
    ['a day that the provider does not have', [booked('2026-03-01', 1, 6)], []],
    ['a bill that never came', [booked('2026-03-01', 1, 0, 1)], [['2026-03-01', 1, 6]]],
  ])('tells of %s, by its day', (_what, ours, theirs) => {
    const { isEqual, lines } = compare(ours, theirs);
    expect(isEqual).toBe(false);
    expect(lines[0]).toMatch(/^2026-03-\d\d {2}the bill says \d calls, .* min, the ledger \d calls, .* min$/);
  });

  it('waits for calls that still run and for bills that are to come', () => {
    const { isEqual, lines } = compare([booked(TODAY, 2, 6, 1)], [[TODAY, 3, 12]]);
    expect(isEqual).toBe(true);
    expect(lines).toEqual([
      '2 calls, 0.1 min in the ledger',
      'of them 1 calls are not billed yet',
      '1 more calls may still run',
    ]);
  });
});
