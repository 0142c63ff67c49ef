import { setTimeout as sleep } from 'node:timers/promises';
import { check, type Verdict } from './check/checker.js';
import { isFinal, readTruth, type Truth } from './check/truth.js';
import { type Ground, startGround } from './ground/ground.js';
import { Api } from './load/api.js';
import { Journal } from './load/journal.js';
import { overEventStream, overWebSocket } from './load/lines.js';
import { signUp } from './load/sign-up.js';
import { Subscriber } from './load/subscriber.js';
import { ReceivingTenant } from './load/webhooks.js';
import { Writer } from './load/writer.js';
import type { FaultOptions } from './options.js';
import { Random } from './random.js';
import { CI_ROWS, ROWS } from './rows/rows.js';
import type { FaultRow, World } from './rows/world.js';

const WRITERS = 4;
const SOCKETS = 4;
const EVENT_STREAMS = 2;
/** What the start, the calm and the check take of the time. */
const BESIDE_FAULTS_SECONDS = 150;
const CALM_WITHIN_MS = 100_000;

/** What a run has come to. */
export interface RunResult {
  readonly journal: Journal;
  readonly verdict: Verdict;
  readonly notRun: ReadonlyMap<string, string>;
  readonly subscribers: readonly string[];
  /** How many requests the tenant's webhook got, and how many different events they told of. */
  readonly webhook: { readonly sent: number; readonly events: number };
  readonly rollbackFiles: number;
  readonly mongodVersion: string;
  readonly seconds: number;
}

/** Runs the rows one after the other under load, waits for calm, and checks. Ends all that it has started. */
export async function runMatrix(options: FaultOptions, say: (line: string) => void): Promise<RunResult> {
  const startedAt = Date.now();
  const journal = new Journal();
  say('Starting MongoDB, Valkey, the simulator and the servers …');
  const ground = await startGround({
    weakening: options.weakening,
    onCrash: (name, what) => journal.violation(`${name} ${what}`),
  });
  say(`Everything runs after ${Math.round((Date.now() - startedAt) / 1000)} s, in ${ground.folder}`);
  let isDone = false;
  try {
    const result = await runOn(ground, options, journal, say, startedAt);
    isDone = true;
    return result;
  } finally {
    await ground.stop(options.keep || !isDone);
  }
}

async function runOn(
  ground: Ground,
  options: FaultOptions,
  journal: Journal,
  say: (line: string) => void,
  startedAt: number,
): Promise<RunResult> {
  const random = new Random(options.seed);
  const { accessToken, tenantHex } = await signUp(ground.url, 'fault');
  // A weakened server may answer before it has committed: the new session has to be there before it is used.
  if (options.weakening !== null) await sleep(2000);
  const api = new Api(ground.url, accessToken, journal);
  const receiving = await ReceivingTenant.start('webhook', api, journal);
  const subscribers: Subscriber[] = [];
  const world: World = {
    ground,
    journal,
    random,
    api,
    subscribers,
    receiving,
    addSubscriber: subscriber => {
      subscribers.push(subscriber);
      subscriber.start();
    },
  };
  for (let index = 0; index < SOCKETS; index += 1)
    world.addSubscriber(
      new Subscriber(`socket ${index}`, overWebSocket(ground.url, api.accessToken), journal),
    );
  for (let index = 0; index < EVENT_STREAMS; index += 1)
    world.addSubscriber(
      new Subscriber(`event stream ${index}`, overEventStream(ground.url, api.accessToken), journal),
    );

  const notRun = new Map<string, string>();
  const rows: FaultRow[] = [];
  for (const row of wantedRows(options)) {
    const reason = (await row.reasonNotToRun?.()) ?? null;
    if (reason === null) rows.push(row);
    else notRun.set(row.id, reason);
  }
  const first = rows[0];
  if (first) journal.begin(first.id);
  const writers = Array.from(
    { length: WRITERS },
    (_, index) => new Writer(`writer-${index}`, api, journal, new Random(options.seed * 100 + index)),
  );
  for (const writer of writers) writer.start();
  await sleep(1000);

  const seconds = options.seconds ?? options.minutes * 60 - BESIDE_FAULTS_SECONDS;
  const weights = rows.reduce((sum, row) => sum + row.weight, 0);
  for (const row of rows) {
    const share = Math.max(row.leastSeconds, (seconds * row.weight) / weights);
    const entry = journal.begin(row.id);
    entry.startedAt = Date.now();
    say(`${row.id} ${row.title}, ${Math.round(share)} s …`);
    await row.run(world, Date.now() + share * 1000).catch((error: unknown) => {
      journal.violation(`The row broke off: ${(error as Error).stack ?? String(error)}`);
    });
    await heal(ground, journal);
    say(
      `   ${entry.times} times, ${entry.acknowledgements.length} acknowledged, ${entry.resumes} resumes` +
        entry.violations.map(text => `\n   ! ${text.slice(0, 1500)}`).join(''),
    );
  }
  for (const writer of writers) await writer.stop();
  journal.current.endedAt = Date.now();
  say('Calm …');
  await calm(
    () => readTruth(ground.mongod.uri, tenantHex),
    subscribers,
    receiving,
    journal,
    options.weakening === null ? CALM_WITHIN_MS : 20_000,
  );
  const isAuditIntact = await verifyAudit(api);
  for (const subscriber of subscribers) await subscriber.stop();
  await receiving.stop();
  say('Checking …');
  const verdict = await check({
    truth: await readTruth(ground.mongod.uri, tenantHex),
    simulatorUrl: ground.simulatorUrl,
    journal,
    subscribers,
    receiving,
    isAuditIntact,
    timelyRows: ['R10'],
  });
  return {
    journal,
    verdict,
    notRun,
    subscribers: subscribers.map(({ name, heard }) => `${name}: ${heard.length} events`),
    webhook: { sent: receiving.heard.length, events: receiving.known },
    rollbackFiles: await ground.mongod.rollbackFiles(),
    mongodVersion: ground.mongodVersion,
    seconds: Math.round((Date.now() - startedAt) / 1000),
  };
}

function wantedRows({ rows, isCi }: FaultOptions): FaultRow[] {
  const wanted = rows.length > 0 ? rows : isCi ? CI_ROWS : ROWS.map(row => row.id);
  const unknown = wanted.filter(id => !ROWS.some(row => row.id === id));
  if (unknown.length > 0) throw new Error(`There is no row ${unknown.join(', ')}`);
  return ROWS.filter(row => wanted.includes(row.id));
}

/** Puts everything in order before the next row, so that rows do not answer for each other. */
async function heal(ground: Ground, journal: Journal): Promise<void> {
  for (const line of [...ground.mongoLines, ground.redisLine, ground.providerLine, ground.clientLine])
    line.heal();
  await ground.mongod.whole();
  await Promise.all(ground.servers.map(server => server.untilReady())).catch((error: unknown) => {
    journal.violation(String(error));
  });
}

/** Waits until nothing is on its way any more, or until it should have been. */
async function calm(
  truth: () => Promise<Truth>,
  subscribers: readonly Subscriber[],
  receiving: ReceivingTenant,
  journal: Journal,
  patienceMs: number,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const { calls, events, waiting } = await truth();
    const isSettled = calls.every(call => isFinal(call.status) && call.isSettled);
    const isHeard =
      subscribers.every(({ heard }) => heard.length >= events.length) && receiving.known >= events.length;
    if (isSettled && isHeard && waiting === 0) break;
    if (Date.now() > deadline) {
      const open = calls.filter(call => !isFinal(call.status) || !call.isSettled);
      journal.current.notes.push(
        `no calm after ${patienceMs / 1000} s: ${open.length} calls open, ${waiting} rows wait`,
      );
      break;
    }
    await sleep(1000);
  }
  // What is heard twice may come later than what was to come, and twins are looked for 10 s after the last attempt.
  await sleep(12_000);
}

async function verifyAudit(api: Api): Promise<boolean> {
  for (let tries = 0; tries < 20; tries += 1) {
    const outcome = await api.once('{ verifyAuditLog { isIntact checked } }');
    if (outcome.kind === 'done') return outcome.data.verifyAuditLog.isIntact === true;
    await sleep(500);
  }
  return false;
}
