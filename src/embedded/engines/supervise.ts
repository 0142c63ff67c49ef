import type { ChildProcess } from 'node:child_process';

/** What the server asks of the supervisor: to start one program as its child. */
export interface StartOrder {
  /** Chosen by the server; every report about this program carries it. */
  readonly id: number;
  readonly program: string;
  readonly parameters: readonly string[];
  /** The working folder. */
  readonly folder: string;
  /** File that both output streams are appended to. */
  readonly logFile: string;
  /** What ends the program in an orderly way; SIGKILL follows after `graceMs`. */
  readonly endSignal: NodeJS.Signals;
  readonly graceMs: number;
}

/** What the supervisor reports: the program runs as `pid`, or it has ended, with the way it ended in words. */
export type SupervisorReport =
  { readonly id: number; readonly pid: number } | { readonly id: number; readonly ending: string };

/**
 * The body of the supervisor, a small Node process between the server and its engines. It lives in a session of its
 * own, so Ctrl-C does not reach the engines before the server has shut down; and the channel to the server is its life
 * line: however the server ends, the system closes the channel, and the supervisor ends the engines and then itself.
 *
 * This function is handed to `node --eval` as its own source text. So there is one form of it that works from the
 * TypeScript sources in tests and from the compiled files, and it is type-checked all the same. The price: it must not
 * use anything from outside its braces, not even an import (types are erased and may be used).
 *
 * @param removeAtEnd a folder to delete when all engines are gone, or null.
 */
export function supervise(removeAtEnd: string | null): void {
  const { spawn } = process.getBuiltinModule('node:child_process');
  const { closeSync, openSync, rmSync } = process.getBuiltinModule('node:fs');
  const running = new Map<ChildProcess, StartOrder>();
  let isEnding = false;

  const report = (news: SupervisorReport): void => {
    // The server may be gone in this very moment; an unheard report must not end the supervisor before its work is done.
    if (process.connected) process.send?.(news, undefined, undefined, () => undefined);
  };
  const leaveWhenDone = (): void => {
    if (!isEnding || running.size > 0) return;
    if (removeAtEnd !== null) rmSync(removeAtEnd, { recursive: true, force: true, maxRetries: 5 });
    process.exit(0);
  };
  const endAll = (): void => {
    if (isEnding) return;
    isEnding = true;
    for (const [child, order] of running) {
      child.kill(order.endSignal);
      setTimeout(() => child.kill('SIGKILL'), order.graceMs);
    }
    leaveWhenDone();
  };
  const start = (order: StartOrder): void => {
    if (isEnding) return report({ id: order.id, ending: 'the engines are being stopped' });
    let child: ChildProcess;
    try {
      const log = openSync(order.logFile, 'a', 0o600);
      child = spawn(order.program, order.parameters, { cwd: order.folder, stdio: ['ignore', log, log] });
      closeSync(log);
    } catch (fault) {
      return report({ id: order.id, ending: String(fault) });
    }
    running.set(child, order);
    child.once('spawn', () => report({ id: order.id, pid: child.pid ?? 0 }));
    const ended = (ending: string): void => {
      if (!running.delete(child)) return;
      report({ id: order.id, ending });
      leaveWhenDone();
    };
    child.once('error', fault => ended(fault.message));
    child.once('exit', (exitCode, signal) => ended(signal ?? `exit code ${exitCode}`));
  };

  process.on('message', message => start(message as StartOrder));
  process.on('disconnect', endAll);
  process.on('SIGTERM', endAll);
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  process.on('uncaughtException', endAll);
  if (!process.connected) endAll();
}
