import { setTimeout as sleep } from 'node:timers/promises';
import type { LineFault, TcpProxy } from '../ground/tcp-proxy.js';
import type { FaultRow, World } from './world.js';

interface Partition {
  readonly name: string;
  readonly lines: (world: World) => readonly TcpProxy[];
  readonly fault: LineFault;
  readonly ms: number;
}

const mongo = ({ ground }: World) => ground.mongoLines;
const provider = ({ ground }: World) => [ground.providerLine];
const redis = ({ ground }: World) => [ground.redisLine];
const all = (world: World) => [...mongo(world), ...provider(world), ...redis(world)];

const PARTITIONS: readonly Partition[] = [
  { name: 'one server from MongoDB, silently', lines: mongo, fault: { kind: 'blackhole' }, ms: 13_000 },
  {
    name: 'all servers from the provider, silently',
    lines: provider,
    fault: { kind: 'blackhole' },
    ms: 5000,
  },
  { name: '150 ms on every line', lines: all, fault: { kind: 'delay', ms: 150 }, ms: 5000 },
  { name: 'answers of MongoDB are lost', lines: mongo, fault: { kind: 'no-answers' }, ms: 4000 },
  { name: 'lines to MongoDB and the provider reset', lines: all, fault: { kind: 'reset' }, ms: 2000 },
  { name: 'answers of the provider are lost', lines: provider, fault: { kind: 'no-answers' }, ms: 4000 },
  { name: 'answers of Redis are lost', lines: redis, fault: { kind: 'no-answers' }, ms: 4000 },
  {
    name: 'MongoDB resets in the middle',
    lines: mongo,
    fault: { kind: 'cut-answers', afterBytes: 20_000 },
    ms: 4000,
  },
];

/** R8: lines between the servers and what they work with are cut, slow, half open or reset. */
export const partitions: FaultRow = {
  id: 'R8',
  title: 'Partition, latency, half-open lines and RST to MongoDB, Redis and the provider',
  weight: 3,
  leastSeconds: 15,
  async run(world, until) {
    const start = world.random.pick([0, 2, 4]);
    for (let turn = 0; turn === 0 || Date.now() < until; turn += 1) {
      const partition = PARTITIONS[(start + turn) % PARTITIONS.length];
      if (!partition) return;
      world.journal.current.times += 1;
      const lines = partition.lines(world);
      for (const line of lines) line.set(partition.fault);
      await sleep(partition.ms);
      for (const line of lines) line.heal();
      await sleep(1000);
    }
  },
};
