import { fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../test/kit/client.js';
import { type ServerProcess, startServerProcess } from '../test/kit/process.js';
import { seedTenant, type SeededTenant } from '../test/kit/seed.js';
import { type Comparison, medianPair, type Pair } from './comparison.js';
import type { Attack } from './hostile-client.js';
import { quantile } from './latencies.js';

const PAIRS = 5;
const QUIET_MS = 6000;
/** Longer than a tenant needs to use up a minute's budget, and to be refused. */
const HOSTILE_MS = 18_000;
/** What one credential may send evenly: 2,400 a minute. */
const BETWEEN_MS = 30;
const AGENTS = 60;
const SHARE = 0.95;

const repeated = (count: number, field: string) =>
  `{ ${Array.from({ length: count }, (_item, index) => `a${index}: ${field}`).join(' ')} }`;
const LARGE = `{ agents(first: 100) { nodes { ${'id name systemPrompt version createdAt updatedAt '.repeat(9)} } } }`;
const OPERATIONS = [
  repeated(15, 'verifyAuditLog { checked }'),
  '{ agents(first: 60) { nodes { id versions(first: 20) { nodes { version systemPrompt } } } } }',
  LARGE,
  repeated(15, 'dashboard { callsByStatus { status } callsByDay { count } }'),
  'mutation { updateBranding(input: { name: "Hostile" }) { name } }',
];
const LOG_IN = (subdomain: string, index: number) =>
  `mutation { logIn(input: { email: "nobody-${index}@${subdomain}.example", password: "wrong horse battery" }) { user { id } } }`;

type Hostility = Omit<Attack, 'url' | 'headers'>;
const QUIETLY: Hostility = { operations: [], connections: 0, queries: [], sockets: 0 };

/** What somebody may try who has a tenant, and wants the process for himself. */
const ATTACKS: Readonly<Record<string, (tenant: SeededTenant) => Hostility>> = {
  'the most expensive operations': () => ({ ...QUIETLY, operations: OPERATIONS, connections: 50 }),
  'requests far beyond its limit': () => ({
    ...QUIETLY,
    operations: ['{ tenant { id } }'],
    connections: 100,
  }),
  'operations on sockets': () => ({ ...QUIETLY, queries: OPERATIONS, sockets: 20 }),
  'wrong passwords': ({ subdomain }) => ({
    ...QUIETLY,
    operations: Array.from({ length: 500 }, (_item, index) => LOG_IN(subdomain, index)),
    connections: 50,
  }),
};

/** A tenant with so much in it that its operations cost something. */
async function hostileTenant(server: ServerProcess): Promise<SeededTenant> {
  const tenant = await seedTenant(server, 'Hostile');
  await addAgents(tenant.admin.client, AGENTS, 'Be a nuisance. '.repeat(60));
  return tenant;
}

async function addAgents(client: Client, count: number, systemPrompt: string): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await client.data('mutation ($input: CreateAgentInput!) { createAgent(input: $input) { id } }', {
      input: { name: `Agent ${index}`, systemPrompt },
    });
  }
}

/** The slow end of a neighbour's queries, in milliseconds from the moment that each was due. */
async function slowest(client: Client, milliseconds: number): Promise<number> {
  const taken: number[] = [];
  const started = performance.now();
  const asked: Promise<unknown>[] = [];
  for (let due = started; due < started + milliseconds; due += BETWEEN_MS) {
    await sleep(Math.max(0, due - performance.now()));
    asked.push(
      client.data('{ agents(first: 20) { nodes { id name createdAt } } }').then(() => {
        taken.push(performance.now() - due);
      }),
    );
  }
  await Promise.all(asked);
  return quantile(taken, SHARE);
}

function attack(server: ServerProcess, tenant: SeededTenant, hostility: Hostility): () => void {
  const client = fork(new URL('hostile-client.ts', import.meta.url).pathname, { execArgv: process.execArgv });
  client.send({ url: server.url, headers: tenant.admin.client.headers, ...hostility } satisfies Attack);
  return () => {
    client.disconnect();
  };
}

/** What a hostile tenant costs its neighbours: the slow end of their queries with and without it, in pairs. */
export async function benchHostileTenant(): Promise<Comparison[]> {
  const server = await startServerProcess({ LOG_LEVEL: 'error', SIGN_UPS_PER_HOUR: '1000' });
  const neighbour = (await seedTenant(server, 'Neighbour')).admin.client;
  await addAgents(neighbour, 20, 'Help.');
  await slowest(neighbour, QUIET_MS);
  const comparisons: Comparison[] = [];
  for (const [what, plan] of Object.entries(ATTACKS)) {
    const pairs: Pair[] = [];
    while (pairs.length < PAIRS) {
      const tenant = await hostileTenant(server);
      const peer = await slowest(neighbour, QUIET_MS);
      const end = attack(server, tenant, plan(tenant));
      await sleep(500);
      const voho = await slowest(neighbour, HOSTILE_MS);
      end();
      pairs.push({ voho, peer });
      await sleep(3000);
    }
    comparisons.push({
      what: `p95 of a neighbour's query beside ${what}`,
      unit: 'ms (less is better)',
      ...medianPair(pairs),
      peerName: 'the same query without a hostile tenant',
    });
  }
  await server.stop();
  return comparisons;
}
