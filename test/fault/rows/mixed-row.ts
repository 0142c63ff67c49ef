import { setTimeout as sleep } from 'node:timers/promises';
import {
  armProvider,
  disarmProvider,
  emptyRedis,
  freezePrimary,
  killPrimary,
  killRedis,
  killServer,
  stepDownPrimary,
} from './faults.js';
import type { FaultRow, World } from './world.js';

const MIX: readonly (readonly [weight: number, fault: (world: World) => Promise<void>])[] = [
  [10, world => killServer(world)],
  [
    3,
    world => Promise.all(world.ground.servers.map(server => killServer(world, server))).then(() => undefined),
  ],
  [2, stepDownPrimary],
  [1, killPrimary],
  [1, world => freezePrimary(world, 6000)],
  [2, world => killRedis(world, world.random.between(100, 3000))],
  [2, emptyRedis],
  [2, world => resetLines(world)],
  [1, world => world.ground.restartSimulator()],
  [
    2,
    world =>
      armProvider(world, [
        { kind: 'create-reset-after', times: 1 },
        { kind: 'webhook-lost', times: 3 },
      ]),
  ],
  [2, terminateOne],
];

/** R14: everything at random, by the seed. */
export const mixed: FaultRow = {
  id: 'R14',
  title: 'Random mix by the seed',
  weight: 3,
  leastSeconds: 10,
  async run(world, until) {
    const bag = MIX.flatMap(([weight, fault]) => Array.from({ length: weight }, () => fault));
    while (Date.now() < until) {
      const fault = world.random.pick(bag);
      const other = world.random.chance(0.3) ? killServer(world) : Promise.resolve();
      await Promise.all([fault(world), other]);
      await sleep(world.random.between(300, 1500));
    }
    await disarmProvider(world);
  },
};

async function resetLines({ ground, journal }: World): Promise<void> {
  journal.current.times += 1;
  for (const line of [...ground.mongoLines, ground.redisLine, ground.providerLine]) line.cut();
  await Promise.resolve();
}

async function terminateOne({ ground, random, journal }: World): Promise<void> {
  journal.current.times += 1;
  const { code } = await random.pick(ground.servers).terminate();
  // A signal may end one that has just been started and listens to none yet, or that somebody else has killed.
  if (code !== null && code !== 0) journal.violation(`A server ended with ${code}`);
}
