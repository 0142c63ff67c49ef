import { spawn } from 'node:child_process';
import type { ChildEnvironment } from './child-environment.js';

/** How a command ended; `output` is the end of what it wrote to both of its streams, at most 64 KiB. */
export interface CommandResult {
  readonly succeeded: boolean;
  readonly output: string;
  /** How it ended in words, for example `exit code 1`. */
  readonly ending: string;
}

const KEPT_OUTPUT = 65_536;

/**
 * Runs a program to its end, without a shell and without input. Never rejects: a program that cannot be started or
 * takes longer than `limitSeconds` (it is then ended) is a result that did not succeed.
 */
export function runCommand(
  program: string,
  parameters: readonly string[],
  environment: ChildEnvironment,
  limitSeconds: number,
): Promise<CommandResult> {
  return new Promise(resolve => {
    let output = '';
    const child = spawn(program, parameters, {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitSeconds * 1000,
      killSignal: 'SIGKILL',
    });
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-KEPT_OUTPUT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', fault => resolve({ succeeded: false, output, ending: fault.message }));
    child.once('close', (exitCode, signal) => {
      const ending = signal === null ? `exit code ${exitCode}` : `ended by ${signal}`;
      resolve({ succeeded: exitCode === 0, output, ending });
    });
  });
}

/** The last line with text in it, shortened to fit into a sentence; empty where there is none. */
export function lastLine(output: string): string {
  const line = output.split(/[\r\n]+/).findLast(candidate => candidate.trim() !== '') ?? '';
  return line.trim().slice(0, 300);
}
