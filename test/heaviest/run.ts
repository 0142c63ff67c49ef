import { parseArgs } from 'node:util';
import { drive, type Plan } from '../schemathesis/drive.js';
import { pythonWithSchemathesis } from '../schemathesis/python.js';
import { seedTenant } from '../schemathesis/tenant.js';
import { type Environment, startEnvironment } from './environment.js';
import { seedHeavyTenant, verifyTenants } from './heavy-tenant.js';
import { type Measurement, Meter } from './measure.js';
import { operationFamilies, SUBSCRIPTIONS } from './operations.js';

const USAGE = 'Usage: npm run test:heaviest -- [--cases 300] [--only PATTERN]';
/** What no single operation of a user may do to the server. */
const MOST_DELAY_MS = 250;
const MOST_MEMORY_MB = 512;
/** How many of the worst are told. */
const TOLD = 12;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Exit codes: 0 all operations stayed within the bounds, 1 one did not, 2 the run could not be made. */
async function main(): Promise<number> {
  const { cases, only } = readOptions(process.argv.slice(2));
  const crashes: string[] = [];
  say('Starting MongoDB, Valkey, the simulator and the server …');
  const environment = await startEnvironment(what => crashes.push(what));
  const measured: (Measurement & { role: string })[] = [];
  try {
    say('Seeding …');
    const tenant = await seedHeavyTenant(environment.url, environment.mongodbUri);
    const meter = new Meter(environment.url, environment.probeUrl);
    const note = (found: readonly Measurement[], role: string) => {
      measured.push(...found.map(one => ({ ...one, role })));
      for (const one of found.filter(isBeyond)) say(`BEYOND ${lineOf({ ...one, role })}`);
    };
    for (const [role, client] of Object.entries(tenant.clients)) {
      const families = operationFamilies(tenant.ids).filter(({ name }) => only.test(name));
      say(`${families.length} families of operations as ${role} …`);
      for (const family of families) note(await meter.largest(family, client), role);
      for (const family of SUBSCRIPTIONS.filter(({ name }) => only.test(name)))
        note(await meter.largest(family, client, '/graphql/stream'), role);
    }
    if (cases > 0) measured.push(...(await schemathesisCases(meter, environment, cases)));
  } finally {
    report(measured, crashes);
    await environment.stop(crashes.length > 0);
  }
  const beyond = measured.filter(isBeyond);
  const failed = beyond.length + crashes.length;
  say(`${measured.length - beyond.length} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

/** The operations that schemathesis makes, one after the other; none where there is no Python for it. */
async function schemathesisCases(
  meter: Meter,
  { mongodbUri, folder }: Environment,
  cases: number,
): Promise<(Measurement & { role: string })[]> {
  const python = await pythonWithSchemathesis().catch((error: unknown) => {
    say(`Without schemathesis: ${(error as Error).message.split('\n')[0] ?? ''}`);
    return null;
  });
  if (python === null) return [];
  const measured: Measurement[] = [];
  const door = await meter.before(measured, () => verifyTenants(mongodbUri));
  try {
    const plan: Plan = { ...(await seedTenant(door.url)), url: door.url, cases, seed: 1 };
    await drive(python, folder, plan, () => undefined);
  } finally {
    door.server.close();
  }
  return measured.map(one => ({ ...one, role: 'all' }));
}

const isBeyond = ({ delayMs, peakMb }: Measurement): boolean =>
  delayMs > MOST_DELAY_MS || peakMb > MOST_MEMORY_MB;

const lineOf = ({ delayMs, peakMb, answerBytes, outcome, role, name }: Measurement & { role: string }) =>
  `${delayMs.toFixed(0).padStart(6)} ms ${String(peakMb).padStart(5)} MB ${String(answerBytes).padStart(9)} bytes  ${role.padEnd(6)} ${outcome.padEnd(18)} ${name}`;

function report(measured: readonly (Measurement & { role: string })[], crashes: readonly string[]): void {
  for (const what of crashes) say(`CRASH ${what}`);
  say(`\n${measured.length} operations. The event loop stood still longest for:`);
  for (const one of [...measured].sort((a, b) => b.delayMs - a.delayMs).slice(0, TOLD)) say(lineOf(one));
  say('\nThe process had the most memory at:');
  for (const one of [...measured].sort((a, b) => b.peakMb - a.peakMb).slice(0, TOLD)) say(lineOf(one));
  say('\nThe largest answers:');
  for (const one of [...measured].sort((a, b) => b.answerBytes - a.answerBytes).slice(0, 5)) say(lineOf(one));
  const faults = measured.filter(({ outcome }) => outcome === 'INTERNAL' || outcome === 'no answer');
  for (const one of faults.slice(0, TOLD)) say(`FAULT ${lineOf(one)}\n${one.document.slice(0, 500)}`);
}

/** @throws Error with the usage. */
function readOptions(args: readonly string[]): { cases: number; only: RegExp } {
  const { values } = parseArgs({
    args: [...args],
    options: { cases: { type: 'string', default: '300' }, only: { type: 'string', default: '' } },
  });
  const cases = Number(values.cases);
  if (!Number.isInteger(cases) || cases < 0) throw new Error(USAGE);
  return { cases, only: new RegExp(values.only) };
}

main().then(
  code => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(2);
  },
);
