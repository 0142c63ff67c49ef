import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The top folder of the project; every step runs there, wherever it was called from. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs a program with this process's own output.
 * @returns {Promise<number>} its exit code; 1 when a signal ended it
 */
function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    child.once('error', reject);
    child.once('exit', code => resolve(code ?? 1));
  });
}

/** Runs a Node program of the project: its path and its arguments. */
export function runNode(args) {
  return run(process.execPath, args);
}

/** Runs one of package.json's scripts. On Windows npm is a batch file, which only a shell can start. */
export function runNpm(script) {
  return run('npm', ['run', '--silent', script], { shell: process.platform === 'win32' });
}

/** The time since `start` (of `performance.now()`), for people. */
export function seconds(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
