import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startGround } from './ground.js';
import { pythonWithSchemathesis } from './python.js';
import { type SeededTenant, seedTenant } from './tenant.js';

const USAGE = 'Usage: npm run test:schemathesis -- [--cases 2000] [--seed 1]';
const DRIVER = fileURLToPath(new URL('run.py', import.meta.url));
const SCHEMA = fileURLToPath(new URL('../../schema.gql', import.meta.url));
/** Far more than a run takes. */
const LIMIT_MS = 30 * 60_000;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Exit codes: 0 everything held, 1 something did not, 2 the run could not be made. */
async function main(): Promise<number> {
  const { cases, seed } = readOptions(process.argv.slice(2));
  const python = await pythonWithSchemathesis();
  const crashes: string[] = [];
  say('Starting MongoDB, Valkey, the simulator and the server …');
  const ground = await startGround(what => crashes.push(what));
  let failed = cases;
  try {
    const tenant = await seedTenant(ground.url);
    const faults = await drive(python, ground.folder, {
      ...tenant,
      url: ground.url,
      cases,
      seed,
      schema: SCHEMA,
    });
    // A server that ends takes a case with it, except when that comes after the last answer.
    failed = Math.max(faults, crashes.length);
    for (const what of crashes) say(`FAILED ${what}`);
  } finally {
    if (failed > 0) say(`What the server wrote is in ${ground.folder}/server.log`);
    await ground.stop(failed > 0);
  }
  say(`${cases - failed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

/** What the driver is to do, as it reads it. */
interface Plan extends SeededTenant {
  readonly url: string;
  readonly cases: number;
  readonly seed: number;
  /** The file of the schema. */
  readonly schema: string;
}

/** Lets the driver send its cases, working in that folder, and returns how many failed. @throws Error when it did not send them all. */
async function drive(python: string, folder: string, plan: Plan): Promise<number> {
  const child = spawn(python, [DRIVER], {
    // What hypothesis keeps goes with the folder; settings of whoever starts it would change the cases.
    cwd: folder,
    env: { PATH: process.env['PATH'], PYTHONUTF8: '1', PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: LIMIT_MS,
  });
  const ended = once(child, 'exit');
  child.stdin.end(JSON.stringify(plan));
  let last = '';
  for await (const line of createInterface(child.stdout)) {
    say(line);
    last = line;
  }
  const [code] = await ended;
  const [, sent, failed] = /^(\d+) sent, (\d+) failed$/.exec(last) ?? [];
  if (code !== 0 || Number(sent) !== plan.cases) throw new Error('The driver did not send all cases.');
  return Number(failed);
}

/** @throws Error with the usage. */
function readOptions(args: readonly string[]): { cases: number; seed: number } {
  const { values } = parseArgs({
    args: [...args],
    options: { cases: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' } },
  });
  const [cases, seed] = [Number(values.cases), Number(values.seed)];
  if (!Number.isInteger(cases) || cases < 1 || !Number.isInteger(seed)) throw new Error(USAGE);
  return { cases, seed };
}

main().then(
  code => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(2);
  },
);
