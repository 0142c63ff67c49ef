import { homedir, tmpdir } from 'node:os';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { startEngines } from '../src/embedded/engines/start-engines.js';
import { benchFanOut } from './fan-out.js';
import { benchHostileTenant } from './hostile-tenant.js';
import { benchListQuery } from './list-query.js';
import { benchLogInStorm, benchLogInTiming } from './log-ins.js';
import { benchWireGuard } from './wire-guard.js';
import type { Comparison } from './comparison.js';

/** Runs every comparison on engines of its own and prints a table. Figures are ratios: machines differ. */
const engines = await startEngines({
  dataDir: await mkdtemp(join(tmpdir(), 'voho-bench-')),
  mongodb: true,
  redis: true,
  cacheDir: join(homedir(), '.cache', 'voho'),
  ephemeral: true,
});
process.env['TEST_MONGODB_URI'] = engines.mongodbUri;
process.env['TEST_REDIS_URL'] = engines.redisUrl;
try {
  const benches: Readonly<Record<string, () => Promise<Comparison[]>>> = {
    'list-query': async () => [await benchListQuery()],
    'fan-out': async () => [await benchFanOut()],
    'hostile-tenant': benchHostileTenant,
    'login-storm': benchLogInStorm,
    'login-timing': async () => [await benchLogInTiming()],
    'wire-guard': benchWireGuard,
  };
  const comparisons: Comparison[] = [];
  for (const [name, bench] of Object.entries(benches)) {
    if (process.argv.length < 3 || process.argv.includes(name)) comparisons.push(...(await bench()));
  }
  console.table(
    Object.fromEntries(
      comparisons.map(({ what, unit, voho, peer, peerName }) => [
        what,
        {
          unit,
          voho: round(voho),
          peer: round(peer),
          'voho / peer': round(voho / peer),
          'the peer is': peerName,
        },
      ]),
    ),
  );
} finally {
  await engines.stop();
}
process.exit(0);

function round(value: number): number {
  return Number(value.toPrecision(3));
}
