import { setTimeout as sleep } from 'node:timers/promises';
import { LEASE_MS } from '../../../src/jobs/jobs.js';
import { RETRY_DELAYS_MS } from '../../../src/modules/webhooks/retry-schedule.js';
import type { Loose } from '../../kit/client.js';
import { type Answering, Receiver, status } from '../../kit/receiver.js';
import { Api } from '../load/api.js';
import { signUp } from '../load/sign-up.js';
import { ReceivingTenant } from '../load/webhooks.js';
import { callInput, CREATE_CALL } from '../load/writer.js';
import { quantile } from '../quantile.js';
import type { FaultRow, World } from './world.js';

const CALLS = 2;
/** A try that hangs takes 15 s: whoever stands behind it waits at least as long. */
const NEIGHBOURS_WITHIN_MS = 10_000;
/** How much later than documented a try may be on a busy machine; earlier it may never be. */
const LATE_MS = 12_000;

/** A way in which receivers fail, and what the log of deliveries then says. */
interface Failure {
  readonly name: string;
  readonly answering: Answering;
  readonly error: RegExp;
}

const failuresOf = (elsewhere: string): readonly Failure[] => [
  { name: '500', answering: status(500), error: /answered 500/ },
  { name: 'silence', answering: () => undefined, error: /within 15 s/ },
  {
    name: 'slowloris',
    answering: (_received, _response, { socket }) => {
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 200 OK\r\nx-slow: ');
      const timer = setInterval(() => socket.write('s'), 1000);
      socket.once('close', () => {
        clearInterval(timer);
      });
    },
    error: /within 15 s/,
  },
  { name: 'redirect', answering: status(307, { location: elsewhere }), error: /not followed/ },
  { name: 'gone', answering: status(410), error: /answered 410/ },
  {
    name: 'early close',
    answering: (_received, _response, { socket }) => {
      socket.destroy();
    },
    error: /closed the connection/,
  },
];

/** R11: tenants' receivers fail in every way, each at a tenant of its own, while another tenant's works. */
export const failingReceivers: FaultRow = {
  id: 'R11',
  title: "Tenants' receivers answer 500, hang, drip, redirect, say 410, close early",
  weight: 1,
  leastSeconds: 75,
  async run(world, until) {
    const { journal } = world;
    const elsewhere = await Receiver.start();
    const failing: (readonly [Failure, ReceivingTenant])[] = [];
    try {
      for (const failure of failuresOf(elsewhere.url))
        failing.push([failure, await failingTenant(world, failure)]);
      journal.current.times += failing.length;
      await sleep(Math.max(0, until - 25_000 - Date.now()));
      for (const [failure, tenant] of failing) await checkFailure(world, failure, tenant);
      checkNeighbours(world);
      if (elsewhere.connections > 0) journal.violation('A redirect was followed');
      for (const [, tenant] of failing) await recover(world, tenant);
    } finally {
      for (const [, tenant] of failing) await tenant.stop();
      await elsewhere.stop();
    }
  },
};

async function failingTenant({ ground, journal }: World, failure: Failure): Promise<ReceivingTenant> {
  const subdomain = `receiver-${failure.name.replace(' ', '-')}-${journal.current.times}`;
  const api = new Api(ground.url, (await signUp(ground.url, subdomain)).accessToken, journal);
  const tenant = await ReceivingTenant.start(failure.name, api, journal);
  tenant.receiver.answering = failure.answering;
  for (let index = 0; index < CALLS; index += 1)
    await api.untilDone(CREATE_CALL, callInput(journal.current.id, `${subdomain}-${index}`));
  return tenant;
}

async function checkFailure(
  { journal }: World,
  { name, error }: Failure,
  tenant: ReceivingTenant,
): Promise<void> {
  const { isEnabled, deliveries } = await tenant.look();
  const tried = (deliveries.nodes as Loose[]).filter(({ attempts }) => attempts > 0);
  if (tried.length === 0) journal.violation(`${name}: nothing was tried`);
  for (const { lastError } of tried)
    if (!error.test(String(lastError))) journal.violation(`${name}: the log says "${String(lastError)}"`);
  if (tenant.heard.some(({ sequence }) => sequence > 1))
    journal.violation(`${name}: an event was sent before the one in front of it was taken`);
  if (isEnabled === (name === 'gone'))
    journal.violation(`${name}: the webhook is ${isEnabled ? 'enabled' : 'disabled'}`);
  if (name === '500') checkSchedule(journal, tenant);
}

/** The tries of each event are apart as documented, as far as the time reaches. */
function checkSchedule(journal: World['journal'], { heard }: ReceivingTenant): void {
  const tries = new Map<string, number[]>();
  for (const { id, at } of heard) tries.set(id, [...(tries.get(id) ?? []), at]);
  let most = 0;
  for (const moments of tries.values()) {
    most = Math.max(most, moments.length);
    moments.slice(1).forEach((at, index) => {
      const gap = at - (moments[index] ?? at);
      const documented = RETRY_DELAYS_MS[index] ?? 0;
      if (gap < documented * 0.9 - 100 || gap > documented * 1.1 + LATE_MS)
        journal.violation(`A try came ${gap} ms after the one before it, not ${documented} ms`);
    });
  }
  if (most < 3) journal.violation(`Nothing was tried three times, only ${most} times`);
  journal.current.notes.push(`a delivery was tried ${most} times, as documented`);
}

/**
 * How long after the first subscriber the receiver that works hears of something. What servers had in hand that the row
 * before has killed is nobody's until their leases end: that time does not count.
 */
function checkNeighbours({ journal, receiving, subscribers }: World): void {
  const since = journal.current.startedAt + LEASE_MS;
  const firstHeard = new Map<string, number>();
  for (const { heard } of subscribers)
    for (const { id, at } of heard) firstHeard.set(id, Math.min(at, firstHeard.get(id) ?? Infinity));
  const delays = receiving.heard
    .map(({ id, at }) => ({ at, heardAt: firstHeard.get(id) ?? at }))
    .filter(({ heardAt }) => heardAt >= since)
    .map(({ at, heardAt }) => Math.max(0, at - heardAt));
  const p99 = quantile(delays, 0.99);
  journal.current.notes.push(
    `${delays.length} events reached the receiver that works, at most ${p99} ms (p99) after the first subscriber`,
  );
  if (delays.length === 0 || p99 > NEIGHBOURS_WITHIN_MS)
    journal.violation(`The receiver that works got ${delays.length} events, after ${p99} ms (p99)`);
}

/** Once it works again, a replay brings everything, each call in order. */
async function recover({ journal }: World, tenant: ReceivingTenant): Promise<void> {
  tenant.receiver.answering = status(204);
  if (!(await tenant.look()).isEnabled) await tenant.enable();
  const count = await tenant.replay();
  const left = ({ deliveries }: Loose) =>
    (deliveries.nodes as Loose[]).filter(({ status: is }) => is !== 'DELIVERED');
  const isAllSent = await tenant.untilSeen(webhook => left(webhook).length === 0, 60_000);
  if (count === 0 || !isAllSent)
    journal.violation(
      `${tenant.name}: of ${count} replayed events not all came: ${JSON.stringify(left(await tenant.look()))}`,
    );
  const last = new Map<string, number>();
  const seen = new Set<string>();
  for (const { id, callId, sequence } of tenant.heard) {
    if (!seen.has(id) && sequence !== (last.get(callId) ?? 0) + 1)
      journal.violation(`${tenant.name}: ${callId} #${sequence} came after #${last.get(callId) ?? 0}`);
    if (!seen.has(id)) last.set(callId, sequence);
    seen.add(id);
  }
}
