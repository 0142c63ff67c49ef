import { setTimeout as sleep } from 'node:timers/promises';
import { REFUSED } from '../load/subscriber.js';
import { killServer } from './faults.js';
import type { FaultRow, World } from './world.js';

/** R1: servers are killed at any moment. */
export const killedServers: FaultRow = {
  id: 'R1',
  title: '`kill -9` of random servers',
  weight: 4,
  leastSeconds: 8,
  async run(world, until) {
    while (Date.now() < until) {
      await killServer(world);
      await sleep(world.random.between(600, 1600));
    }
  },
};

/** How long a server may take to stop. */
const STOP_WITHIN_MS = 15_000;

/** R12: all servers are restarted one after the other, as a deployment does. */
export const rollingRestart: FaultRow = {
  id: 'R12',
  title: 'SIGTERM, rolling restart of all servers',
  weight: 1,
  leastSeconds: 12,
  async run(world, until) {
    do {
      for (const server of world.ground.servers) await restart(world, server);
    } while (Date.now() < until);
    const { current } = world.journal;
    if (current.unknown > 0) current.violations.push(`${current.unknown} requests failed without an answer`);
    const codes = Object.keys(current.closeCodes).filter(code => !['1012', String(REFUSED)].includes(code));
    if (codes.length > 0)
      current.violations.push(`Lines were closed with ${codes.join(', ')} instead of 1012`);
  },
};

async function restart({ journal }: World, server: World['ground']['servers'][number]): Promise<void> {
  journal.current.times += 1;
  const startedAt = Date.now();
  const { code, signal } = await server.terminate();
  const ms = Date.now() - startedAt;
  if (code !== 0) journal.violation(`${server.name} ended with ${code ?? signal ?? 'nothing'}`);
  if (ms > STOP_WITHIN_MS) journal.violation(`${server.name} took ${ms} ms to stop`);
  journal.current.notes.push(`stopped in ${ms} ms`);
  await server.untilReady();
}
