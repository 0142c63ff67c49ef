import { describe, expect, it } from '@jest/globals';
import { newObjectId } from '../mongo/object-id.js';
import { JobLane } from './job-lane.js';

describe('A lane of jobs', () => {
  it('takes so many at a time, of one tenant fewer, and more once places are given back', () => {
    const lane = new JobLane({ atOnce: 3, ofTenant: 2 });
    const [greedy, other] = [newObjectId(), newObjectId()];
    const leave = [lane.enter(greedy), lane.enter(greedy)];
    expect(lane.hasRoomFor(greedy)).toBe(false);
    expect(lane.fullTenants).toEqual([greedy]);
    expect(lane.hasRoomFor(other)).toBe(true);
    leave.push(lane.enter(other));
    expect(lane.hasRoomFor(null)).toBe(false);
    leave[0]?.();
    expect(lane.fullTenants).toEqual([]);
    expect([greedy, other, null].map(tenant => lane.hasRoomFor(tenant))).toEqual([true, true, true]);
  });

  it('counts jobs of no tenant in all, and against no tenant', () => {
    const lane = new JobLane({ atOnce: 2, ofTenant: 1 });
    const leave = lane.enter(null);
    expect(lane.hasRoomFor(null)).toBe(true);
    lane.enter(null);
    expect(lane.room).toBe(0);
    leave();
    expect(lane.room).toBe(1);
  });
});
