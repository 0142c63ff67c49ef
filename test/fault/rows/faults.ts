import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Server } from '../ground/server.js';
import type { World } from './world.js';

/** Kills a server, whatever it is doing. */
export async function killServer({ ground, random, journal }: World, server?: Server): Promise<void> {
  journal.current.times += 1;
  journal.current.kills += 1;
  await (server ?? random.pick(ground.servers)).kill();
}

/** Kills the primary and starts it again after a while. */
export async function killPrimary({ ground, journal }: World): Promise<void> {
  journal.current.times += 1;
  journal.current.failovers += 1;
  const primary = await ground.mongod.primary();
  await primary.child?.kill();
  await sleep(5000);
  await ground.mongod.whole();
}

/** Makes the primary give its place away. */
export async function stepDownPrimary({ ground, journal }: World): Promise<void> {
  journal.current.times += 1;
  journal.current.failovers += 1;
  await ground.mongod.stepDown(await ground.mongod.primary());
  await ground.mongod.whole();
}

/** Stops the primary for a while; when it goes on it still takes itself for the primary. */
export async function freezePrimary({ ground, journal }: World, ms: number): Promise<void> {
  journal.current.times += 1;
  journal.current.failovers += 1;
  const primary = await ground.mongod.primary();
  primary.child?.signal('SIGSTOP');
  await sleep(ms);
  primary.child?.signal('SIGCONT');
  await ground.mongod.whole();
}

/** Kills Redis; it comes back empty after a while. */
export async function killRedis({ ground, journal }: World, awayMs: number): Promise<void> {
  journal.current.times += 1;
  journal.current.redisKills += 1;
  await ground.valkey.kill();
  await sleep(awayMs);
  await ground.valkey.start();
}

/** Empties Redis while everybody uses it. */
export async function emptyRedis({ ground, journal }: World): Promise<void> {
  journal.current.times += 1;
  const client = new Redis(ground.valkey.url, { maxRetriesPerRequest: 1 });
  client.on('error', () => undefined);
  await client.flushall().catch(() => undefined);
  client.disconnect();
}

/** Puts faults of the provider in force. */
export async function armProvider({ ground }: World, faults: readonly object[]): Promise<void> {
  const response = await fetch(`${ground.simulatorUrl}/simulator/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify(faults),
  });
  if (!response.ok) throw new Error(`The simulator refuses the faults: ${await response.text()}`);
}

/** Takes all faults of the provider back. Calls that carry one keep it. */
export async function disarmProvider({ ground }: World): Promise<void> {
  await fetch(`${ground.simulatorUrl}/simulator/faults`, {
    method: 'DELETE',
    headers: { connection: 'close' },
  });
}
