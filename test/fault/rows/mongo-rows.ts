import { setTimeout as sleep } from 'node:timers/promises';
import { BUDGET_MS } from '../load/api.js';
import { callInput, CREATE_CALL, makeCall } from '../load/writer.js';
import { freezePrimary, killPrimary, stepDownPrimary } from './faults.js';
import type { FaultRow, World } from './world.js';

/** R2: the primary goes away in three ways. */
export const failover: FaultRow = {
  id: 'R2',
  title: 'Failover: `kill -9`, `replSetStepDown` and SIGSTOP (15 s) of the primary',
  weight: 2,
  leastSeconds: 12,
  async run(world, until) {
    const ways = [killPrimary, stepDownPrimary, (it: World) => freezePrimary(it, 15_000)];
    for (let turn = 0; turn < ways.length || Date.now() < until; turn += 1) {
      if (Date.now() > until && until - world.journal.current.startedAt < 30_000) break;
      await ways[turn % ways.length]?.(world);
      await sleep(2500);
    }
  },
};

/** R3: nobody can write. */
export const majorityLost: FaultRow = {
  id: 'R3',
  title: 'Majority lost: two of three mongod stopped',
  weight: 1,
  leastSeconds: 42,
  async run(world, until) {
    const { ground, journal } = world;
    for (let turn = 0; turn === 0 || Date.now() < until - 20_000; turn += 1) {
      journal.current.times += 1;
      const primary = await ground.mongod.primary();
      const others = ground.mongod.members.filter(member => member !== primary);
      // The second time the primary is among those that stop.
      const stopped = turn % 2 === 0 ? others : [primary, ...others.slice(1)];
      for (const member of stopped) member.child?.signal('SIGSTOP');
      await sleep(4000);
      await Promise.all(ground.servers.map(server => probe(world, server, `lost-${turn}`)));
      for (const member of stopped) member.child?.signal('SIGCONT');
      const healedAt = Date.now();
      await ground.mongod.whole();
      if (await makeCall(world.api, journal, `lost-${turn}-after`))
        journal.current.notes.push(`writes again ${Date.now() - healedAt} ms after the majority was back`);
    }
  },
};

/** While nobody can write, a server says so within its budget, lives, and is not ready. */
async function probe(world: World, server: World['ground']['servers'][number], name: string): Promise<void> {
  const { api, journal } = world;
  const key = `${name}-${server.name}`;
  const row = journal.current.id;
  const [live, ready] = [await server.health('live'), await server.health('ready')];
  if (live !== 200)
    journal.violation(`${server.name} does not live while the majority is lost: ${live ?? 'silent'}`);
  if (ready !== 503)
    journal.violation(`${server.name} is ready while the majority is lost: ${ready ?? 'silent'}`);
  const startedAt = Date.now();
  const outcome = await api.once(CREATE_CALL, callInput(row, key), server.url);
  const ms = Date.now() - startedAt;
  journal.current.notes.push(`refused after ${ms} ms`);
  const isTyped = outcome.kind === 'refused' && outcome.error.extensions.retryAfterSeconds !== undefined;
  if (!isTyped || ms > BUDGET_MS)
    journal.violation(
      `${server.name} answered ${JSON.stringify(outcome)} after ${ms} ms instead of "try again"`,
    );
  // The same key again, once there is a majority: it may have been stored or not, and is one call in the end.
  void makeCall(api, journal, key, row).catch(() => undefined);
}
