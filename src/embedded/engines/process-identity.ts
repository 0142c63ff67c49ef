import { readFile } from 'node:fs/promises';
import { inheritedEnvironment } from './child-environment.js';
import { runCommand } from './run-command.js';

/**
 * One process, told apart from a later one that was given the same number: a number alone must never be signalled,
 * because after a crash or a restart of the machine it may belong to a stranger.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the words of the system; compared, never read. */
  readonly started: string;
}

/** The identity of a process that runs now, or null when there is none (a zombie counts as none). */
export async function identify(pid: number): Promise<ProcessIdentity | null> {
  const started = process.platform === 'linux' ? await startOnLinux(pid) : await startByPs(pid);
  return started === null ? null : { pid, started };
}

/** Whether this very process still runs. */
export async function isAlive(known: ProcessIdentity): Promise<boolean> {
  return (await identify(known.pid))?.started === known.started;
}

/** Sends a signal to this very process, and to nobody else; nothing happens when it is gone. */
export async function signalProcess(known: ProcessIdentity, signal: NodeJS.Signals): Promise<void> {
  if (!(await isAlive(known))) return;
  try {
    process.kill(known.pid, signal);
  } catch {
    // It ended in between, or belongs to another user: the caller looks again and reports what is still there.
  }
}

/** Ticks since the machine's start (field 22 of the process's stat), with the machine's start itself. */
async function startOnLinux(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold blanks and parentheses; the fixed fields begin behind the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : `${boot.trim()}:${fields[19]}`;
  } catch {
    return null;
  }
}

async function startByPs(pid: number): Promise<string | null> {
  const environment = { ...inheritedEnvironment(), LC_ALL: 'C', TZ: 'UTC' };
  const { succeeded, output } = await runCommand(
    'ps',
    ['-o', 'stat=,lstart=', '-p', String(pid)],
    environment,
    10,
  );
  const [state, ...started] = output.trim().split(/\s+/);
  return !succeeded || state === undefined || state.startsWith('Z') ? null : started.join(' ');
}
