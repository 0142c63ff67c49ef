import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Turns } from './turns.js';

describe('Turns', () => {
  it('lets the work of a key begin one after the other, in the order of asking, whatever comes of it', async () => {
    const turns = new Turns();
    const begun: number[] = [];
    let [active, most] = [0, 0];
    const work = (index: number) => async () => {
      begun.push(index);
      most = Math.max(most, (active += 1));
      await sleep(5);
      active -= 1;
      if (index === 1) throw new Error('The second one fails');
      return index;
    };
    const ends = await Promise.allSettled([0, 1, 2, 3].map(index => turns.run('a', work(index))));
    expect(ends.map(end => (end.status === 'fulfilled' ? end.value : 'failed'))).toEqual([0, 'failed', 2, 3]);
    expect([begun, most]).toEqual([[0, 1, 2, 3], 1]);
  });

  it('lets other keys pass, and whoever has waited for long', async () => {
    const turns = new Turns();
    let release = () => {};
    const hanging = turns.run('a', () => new Promise<void>(resolve => (release = resolve)));
    expect(await turns.run('b', () => Promise.resolve('other'))).toBe('other');
    expect(await turns.run('a', () => Promise.resolve('patient'))).toBe('patient');
    release();
    await hanging;
  });
});
