import { describe, expect, it } from '@jest/globals';
import { CALL_STATUSES } from '../../events/call-event.schema.js';
import { totalsOf } from './call-totals.js';

describe('totalsOf', () => {
  it('names every status once, also without any calls, and divides nothing by zero', () => {
    expect(totalsOf([])).toEqual({
      totalCalls: 0,
      activeCalls: 0,
      completedCalls: 0,
      failedCalls: 0,
      averageDurationSeconds: 0,
      totalDurationSeconds: 0,
      callsByStatus: CALL_STATUSES.map(status => ({ status, count: 0 })),
    });
  });

  it('adds up what is not over as active, and durations over the calls that have one', () => {
    const totals = totalsOf([
      { _id: 'QUEUED', count: 1, timed: 0, durationMs: 0 },
      { _id: 'RINGING', count: 2, timed: 0, durationMs: 0 },
      { _id: 'IN_PROGRESS', count: 3, timed: 0, durationMs: 0 },
      { _id: 'COMPLETED', count: 4, timed: 4, durationMs: 10_000 },
      { _id: 'FAILED', count: 5, timed: 1, durationMs: 2500 },
      { _id: 'ENDED', count: 6, timed: 0, durationMs: 0 },
    ]);
    expect(totals).toMatchObject({
      totalCalls: 21,
      activeCalls: 6,
      completedCalls: 4,
      failedCalls: 5,
      averageDurationSeconds: 2.5,
      totalDurationSeconds: 12.5,
    });
  });
});
