import type { Client } from '../test/kit/client.js';
import { type ServerProcess, startServerProcess } from '../test/kit/process.js';
import { PASSWORD, seedTenant, type SeededTenant } from '../test/kit/seed.js';
import type { Comparison } from './comparison.js';
import { latencies, quantile } from './latencies.js';

const LOG_IN = 'mutation ($input: LogInInput!) { logIn(input: $input) { user { id } } }';
const UNLIMITED = {
  REQUESTS_PER_MINUTE: '1000000',
  WRONG_PASSWORDS_PER_ACCOUNT: '1000',
  WRONG_PASSWORDS_PER_ADDRESS: '1000000',
  LOG_LEVEL: 'error',
};
const PEOPLE = 20;
const PAIRS_EACH = 20;
const WARM_UP = 2;

async function start(): Promise<{ server: ServerProcess; tenant: SeededTenant; stranger: Client }> {
  const server = await startServerProcess(UNLIMITED);
  const tenant = await seedTenant(server);
  return { server, tenant, stranger: server.client({ tenantSubdomain: tenant.subdomain }) };
}

async function refuse(stranger: Client, email: string): Promise<void> {
  const { extensions } = await stranger.refusal(LOG_IN, { input: { email, password: `not ${PASSWORD}` } });
  if (extensions.code !== 'UNAUTHENTICATED') throw new Error(`Not the answer: ${extensions.code}`);
}

/** Whether the time of a refusal tells who has an account: nobody's and somebody's address in turn, medians compared. */
export async function benchLogInTiming(): Promise<Comparison> {
  const { server, tenant, stranger } = await start();
  const people: string[] = [];
  for (let index = 0; index < PEOPLE; index += 1) people.push((await tenant.user()).email);
  const nobodies = people.map((_email, index) => `nobody-${index}@people.example`);
  const times = { nobody: [] as number[], somebody: [] as number[] };
  for (let round = 0; round < PAIRS_EACH + WARM_UP; round += 1) {
    for (let index = 0; index < PEOPLE; index += 1) {
      const pair = [
        ['nobody', nobodies[index] ?? ''],
        ['somebody', people[index] ?? ''],
      ] as const;
      for (const [who, email] of index % 2 ? pair : pair.toReversed()) {
        const [taken = NaN] = await latencies(1, () => refuse(stranger, email));
        if (round >= WARM_UP) times[who].push(taken);
      }
    }
  }
  await server.stop();
  return {
    what: 'a log-in of nobody, median',
    unit: 'ms',
    voho: quantile(times.nobody, 0.5),
    peer: quantile(times.somebody, 0.5),
    peerName: "a wrong password for somebody's account",
  };
}

const STORM = 50;
const ROUNDS = 6;
const QUERIES = 200;

/** Log-ins with wrong passwords, always so many at a time, until it is over. */
function storm(stranger: Client): () => Promise<void> {
  let isOver = false;
  const attack = async (attacker: number) => {
    for (let count = 0; !isOver; count += 1) await refuse(stranger, `a${attacker}-${count}@people.example`);
  };
  const all = Promise.all(Array.from({ length: STORM }, (_item, attacker) => attack(attacker)));
  return async () => {
    isOver = true;
    await all;
  };
}

/** What a storm of log-ins costs everybody else: a simple query with and without it, in turn, by its slowest. */
export async function benchLogInStorm(): Promise<Comparison[]> {
  const { server, tenant, stranger } = await start();
  const query = () => tenant.admin.client.data('{ calls(first: 1) { nodes { id } } }');
  await latencies(QUERIES, query);
  const quiet: number[][] = [];
  const stormy: number[][] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    quiet.push(await latencies(QUERIES, query));
    const end = storm(stranger);
    stormy.push(await latencies(QUERIES, query));
    await end();
  }
  await server.stop();
  return [0.95, 0.99].map(share => ({
    what: `p${share * 100} of a query in a storm of ${STORM} log-ins`,
    unit: 'ms',
    voho: middle(stormy, share),
    peer: middle(quiet, share),
    peerName: 'the same query without the storm',
  }));
}

const middle = (rounds: readonly number[][], share: number) =>
  quantile(
    rounds.map(taken => quantile(taken, share)),
    0.5,
  );
