import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { OneAtATime } from './one-at-a-time.js';

describe('OneAtATime', () => {
  it('starts one run, and one more for all who ask meanwhile, which sees what they have seen', async () => {
    const runs = new OneAtATime<string, number>();
    let started = 0;
    let active = 0;
    let most = 0;
    const work = async () => {
      const own = (started += 1);
      most = Math.max(most, (active += 1));
      await new Promise(resolve => setTimeout(resolve, 20));
      active -= 1;
      if (own === 1) throw new Error('The first one fails');
      return own;
    };
    const first = runs.run('a', work);
    expect(runs.run('a', work)).toBe(first);
    await turn();
    const meanwhile = [runs.run('a', work), runs.run('a', work), runs.run('a', work)];
    const other = runs.run('b', work);
    await expect(first).rejects.toThrow('The first one fails');
    expect(await other).toBe(2);
    expect(await Promise.all(meanwhile)).toEqual([3, 3, 3]);
    expect(await runs.run('a', work)).toBe(4);
    expect([started, most]).toEqual([4, 2]);
  });
});
