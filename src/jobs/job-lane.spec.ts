import { describe, expect, it } from '@jest/globals';
import { newObjectId } from '../mongo/object-id.js';
import { JobLane } from './job-lane.js';

describe('A lane of jobs', () => {
  it('takes so many at a time, of one tenant fewer, and more once places are given back', () => {
    const lane = new JobLane({ atOnce: 4, ofTenant: 2 });
    const [greedy, other] = [newObjectId(), newObjectId()];
    const leave = [lane.enter(greedy), lane.enter(greedy)];
    expect(lane.hasRoomFor(greedy)).toBe(false);
    expect(lane.fullTenants).toEqual([greedy]);
    expect(lane.hasRoomFor(other)).toBe(true);
    leave.push(lane.enter(other), lane.enter(null));
    expect(lane.hasRoomFor(null)).toBe(false);
    for (const give of [leave[0], leave[3]]) give?.();
    expect(lane.fullTenants).toEqual([greedy, other]);
    leave[1]?.();
    expect(lane.fullTenants).toEqual([]);
    expect([greedy, other, null].map(tenant => lane.hasRoomFor(tenant))).toEqual([true, true, true]);
  });

  it.each([
    [40, 5, 16],
    [20, 2, 12],
    [40, 3, 20],
  ])('of %d places, at most %d of a tenant, is never full of %d tenants', (atOnce, ofTenant, count) => {
    const lane = new JobLane({ atOnce, ofTenant });
    const tenants = Array.from({ length: count }, () => newObjectId());
    for (let round = 0; round < ofTenant; round += 1)
      for (const tenant of tenants) while (lane.hasRoomFor(tenant)) lane.enter(tenant);
    expect(lane.fullTenants.length).toBe(count);
    expect(lane.hasRoomFor(newObjectId())).toBe(true);
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
