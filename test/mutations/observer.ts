import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inheritedEnvironment } from '../../src/embedded/engines/child-environment.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Far more than an examination takes; with every answer a refusal the doctor waits long for states that never come. */
const PATIENCE_MS = 480_000;

/** What a program has said and how it has ended. */
export interface Ending {
  readonly code: number;
  readonly output: string;
}

/** The programs that are running. */
const running = new Set<{ kill: () => void }>();

/** Ends whatever is still running. */
export function endAll(): void {
  for (const program of running) program.kill();
}

/** Runs a program of Node to its end. @throws when it comes to none. */
export function ended(parameters: readonly string[], env: Record<string, string> = {}): Promise<Ending> {
  return new Promise((resolve, reject) => {
    // With a group of its own: what it has started ends with it.
    const child = spawn(process.execPath, parameters, {
      cwd: ROOT,
      env: { ...inheritedEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const kill = () => {
      // Its group may be gone already while the last of its output is read.
      if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    };
    const program = { kill };
    running.add(program);
    const late = setTimeout(kill, PATIENCE_MS);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', code => {
      clearTimeout(late);
      running.delete(program);
      if (code === null) reject(new Error(`It did not come to an end: ${output.slice(-500)}`));
      else resolve({ code, output });
    });
  });
}

/** Who has noticed that a lock is gone, and what he says of it. */
export interface Notice {
  readonly observer: string;
  readonly saying: string;
}

/** Says nothing of locks: the machine is too slow, or something has died. */
const TROUBLE = /server is busy|ECONNREFUSED|ECONNRESET/;

/**
 * What a doctor who has come to his end has found. Null: nothing.
 * @throws where he could not look.
 */
export function noticeOf(observer: string, { code, output }: Ending): Notice | null {
  if (code === 0) return null;
  const findings = [...output.matchAll(/^ {2}- (.*)$/gm)].map(([, finding = '']) => finding);
  // That something does not work any more says less than what is shown or let in.
  const telling = findings.filter(finding => !TROUBLE.test(finding));
  const saying = telling.find(finding => !/not attacked|broken off/.test(finding)) ?? telling[0];
  if (code === 1 && saying !== undefined) return { observer, saying };
  // Not even the start works: what stands behind the lock that is gone refuses it.
  const [refusal] = /IsolationError: .*|Document failed validation/.exec(output) ?? [];
  if (refusal !== undefined) return { observer: 'the wall behind it', saying: refusal };
  throw new Error(`It could not be examined: ${output.slice(-800)}`);
}
