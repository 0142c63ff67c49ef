import type { Client } from '../test/kit/client.js';
import { type ServerProcess, startServerProcess } from '../test/kit/process.js';
import { seedTenant, startCall } from '../test/kit/seed.js';
import { type Comparison, medianPair, type Pair, throughput } from './comparison.js';

const OPERATIONS = {
  'a page of 20 calls': '{ calls(first: 20) { nodes { id status systemPrompt createdAt } } }',
  'one call': '{ calls(first: 1) { nodes { id status } } }',
  'a change with its audit row': 'mutation { updateBranding(input: { name: "Benchmark" }) { name } }',
};
const CALLS = 25;
const REQUESTS = 400;
const AT_ONCE = 10;
const ROUNDS = 12;

interface Contestant {
  readonly server: ServerProcess;
  readonly client: Client;
}

async function start(env: Readonly<Record<string, string>>): Promise<Contestant> {
  const server = await startServerProcess({ REQUESTS_PER_MINUTE: '1000000', LOG_LEVEL: 'error', ...env });
  const tenant = await seedTenant(server);
  const { client } = tenant.admin;
  for (let index = 0; index < CALLS; index += 1) await startCall(client);
  return { server, client };
}

/** Seconds of processor time that a server has used so far. */
async function processorSeconds({ server }: Contestant): Promise<number> {
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(metrics)?.[1]);
}

/** Requests that a server answers in a second of processor time. */
async function perProcessorSecond(contestant: Contestant, operation: string): Promise<number> {
  const before = await processorSeconds(contestant);
  await throughput(REQUESTS, AT_ONCE, async () => {
    await contestant.client.data(operation);
  });
  return REQUESTS / ((await processorSeconds(contestant)) - before);
}

/**
 * What the guard on the wire costs: the same server with it and without it, in turn, by processor time. The median pair
 * counts: processors change their speed from round to round by more than the guard costs.
 */
export async function benchWireGuard(): Promise<Comparison[]> {
  const guarded = await start({});
  const preload = new URL('without-guard.mjs', import.meta.url).href;
  const bare = await start({ NODE_OPTIONS: `--import ${preload}` });
  const comparisons: Comparison[] = [];
  for (const [what, operation] of Object.entries(OPERATIONS)) {
    const pairs: Pair[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const reached = { voho: 0, peer: 0 };
      const sides = [
        ['voho', guarded],
        ['peer', bare],
      ] as const;
      for (const [side, contestant] of round % 2 ? sides : sides.toReversed())
        reached[side] = await perProcessorSecond(contestant, operation);
      // The first round warms both up.
      if (round > 0) pairs.push(reached);
    }
    comparisons.push({
      what,
      unit: 'requests per processor second',
      ...medianPair(pairs),
      peerName: 'Voho without the guard',
    });
  }
  await guarded.server.stop();
  await bare.server.stop();
  return comparisons;
}
