import { parseArgs } from 'node:util';
import { drive } from './drive.js';
import { startGround } from './ground.js';
import { pythonWithSchemathesis } from './python.js';
import { seedTenant } from './tenant.js';

const USAGE = 'Usage: npm run test:schemathesis -- [--cases 2000] [--seed 1]';

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
    const faults = await drive(python, ground.folder, { ...tenant, url: ground.url, cases, seed }, say);
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
