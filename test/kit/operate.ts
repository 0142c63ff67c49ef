import { spawn } from 'node:child_process';
import type { Settings } from '../../src/config/settings.js';
import { program } from './program.js';

/** What a command of the operator has come to. */
export interface Operated {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** What the command line must know of a server. */
export type Stores = Pick<Settings, 'MONGODB_URI' | 'REDIS_URL' | 'JWT_SECRET' | 'MASTER_KEY'>;

/** Runs the operator's command line on a server's stores, as a process of its own. */
export async function operate(
  server: { readonly settings: Stores },
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Operated> {
  const { MONGODB_URI, REDIS_URL, JWT_SECRET, MASTER_KEY } = server.settings;
  const own = { PATH: process.env['PATH'], NODE_ENV: 'test', MONGODB_URI, REDIS_URL, JWT_SECRET, MASTER_KEY };
  const argv = [...(await program('operator/main')), ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, argv, { env: { ...own, ...env } });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.once('error', reject);
    child.once('close', code => {
      resolve({ code, out, err });
    });
  });
}
