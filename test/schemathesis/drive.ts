import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { SeededTenant } from './tenant.js';

const DRIVER = fileURLToPath(new URL('run.py', import.meta.url));
const SCHEMA = fileURLToPath(new URL('../../schema.gql', import.meta.url));
/** Far more than a run takes. */
const LIMIT_MS = 30 * 60_000;

/** What the driver is to do, as it reads it. */
export interface Plan extends SeededTenant {
  readonly url: string;
  readonly cases: number;
  readonly seed: number;
}

/** Lets the driver send its cases, working in that folder, and returns how many failed. @throws Error when it did not send them all. */
export async function drive(
  python: string,
  folder: string,
  plan: Plan,
  say: (line: string) => void,
): Promise<number> {
  const child = spawn(python, [DRIVER], {
    // What hypothesis keeps goes with the folder; settings of whoever starts it would change the cases.
    cwd: folder,
    env: { PATH: process.env['PATH'], PYTHONUTF8: '1', PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: LIMIT_MS,
  });
  const ended = once(child, 'exit');
  child.stdin.end(JSON.stringify({ ...plan, schema: SCHEMA }));
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
