import { setTimeout as sleep } from 'node:timers/promises';
import { armProvider, disarmProvider, killServer } from './faults.js';
import type { FaultRow } from './world.js';

const ODDITIES: readonly (readonly object[])[] = [
  [{ kind: 'webhook-duplicated', copies: 4 }],
  [{ kind: 'webhook-reordered' }, { kind: 'webhook-duplicated', copies: 4 }],
  [{ kind: 'webhook-delayed', delayMs: 4000 }],
  [{ kind: 'webhook-bad-signature' }, { kind: 'data-refused' }],
  [{ kind: 'webhook-lost' }, { kind: 'data-cut', afterMs: 1500 }],
  [{ kind: 'webhook-lost' }, { kind: 'data-refused' }],
  [
    { kind: 'create-reset-after', times: 2 },
    { kind: 'list-late', delayMs: 3000 },
  ],
  [{ kind: 'create-reset-before', times: 2 }],
  [{ kind: 'create-error', status: 503, retryAfterSeconds: 1, times: 3 }],
  [{ kind: 'webhook-stale-timestamp', ageMs: 120_000 }],
];

/** R10: what the provider tells comes often, late, out of order, forged or not at all, while servers die. */
export const providerNews: FaultRow = {
  id: 'R10',
  title: "Provider's webhooks ×5, reordered, late, forged, lost; data connection cut; with kills",
  weight: 2,
  leastSeconds: 10,
  async run(world, until) {
    for (let turn = 0; Date.now() < until; turn += 1) {
      world.journal.current.times += 1;
      await disarmProvider(world);
      await armProvider(world, ODDITIES[turn % ODDITIES.length] ?? []);
      await sleep(2500);
      await killServer(world);
    }
    await disarmProvider(world);
  },
};
