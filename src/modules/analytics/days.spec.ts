import { describe, expect, it } from '@jest/globals';
import { fillDays, firstDay } from './days.js';

describe('firstDay', () => {
  it('starts a single day at midnight, UTC', () => {
    expect(firstDay(1, new Date('2026-03-01T23:59:59.999Z'))).toEqual(new Date('2026-03-01T00:00:00.000Z'));
  });

  it('goes back over the ends of months and years', () => {
    expect(firstDay(7, new Date('2026-03-01T00:00:00.000Z'))).toEqual(new Date('2026-02-23T00:00:00.000Z'));
    expect(firstDay(366, new Date('2025-01-01T12:00:00.000Z'))).toEqual(new Date('2024-01-02T00:00:00.000Z'));
  });
});

describe('fillDays', () => {
  it('gives each day once, oldest first, with 0 for days without calls', () => {
    const rows = [
      { _id: '2024-03-01', count: 2 },
      { _id: '2024-02-28', count: 5 },
    ];
    expect(fillDays(rows, 3, new Date('2024-02-28T00:00:00.000Z'))).toEqual([
      { day: '2024-02-28', count: 5 },
      { day: '2024-02-29', count: 0 },
      { day: '2024-03-01', count: 2 },
    ]);
  });
});
