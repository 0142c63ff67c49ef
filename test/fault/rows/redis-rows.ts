import { setTimeout as sleep } from 'node:timers/promises';
import { emptyRedis, killRedis } from './faults.js';
import type { FaultRow } from './world.js';

/** R4: Redis dies, is emptied, comes back without data, is away, and swallows what it is told. */
export const redisAway: FaultRow = {
  id: 'R4',
  title: 'Valkey: `kill -9` and back empty, FLUSHALL, away, silent',
  weight: 2,
  leastSeconds: 8,
  async run(world, until) {
    const { ground, journal } = world;
    const silent = async () => {
      journal.current.times += 1;
      ground.redisLine.set({ kind: 'blackhole' });
      await sleep(5000);
      ground.redisLine.heal();
    };
    const ways = [
      () => killRedis(world, 200),
      () => emptyRedis(world),
      () => killRedis(world, 6000),
      silent,
      () => killRedis(world, 1000),
      () => emptyRedis(world),
    ];
    for (let turn = 0; Date.now() < until; turn += 1) {
      await ways[turn % ways.length]?.();
      await sleep(2000);
    }
  },
};
