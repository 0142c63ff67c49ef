import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { inheritedEnvironment } from '../../src/embedded/engines/child-environment.js';
import { findValkey } from '../../src/embedded/engines/find-valkey.js';
import { freePort, waitForPort } from '../../src/embedded/engines/local-port.js';
import { StepTicker } from '../../src/embedded/engines/step-ticker.js';
import { CACHE_DIR } from './ephemeral-engines.js';

/** A Redis of one test's own that may be killed and comes back empty, always at the same address. */
export class Valkey {
  private child: ChildProcess | null = null;

  private constructor(
    private readonly program: string,
    private readonly port: number,
  ) {}

  static async start(): Promise<Valkey> {
    const binary = await findValkey({
      cacheDir: CACHE_DIR,
      environment: inheritedEnvironment(),
      ticker: new StepTicker(() => undefined),
    });
    const valkey = new Valkey(binary.path, await freePort());
    await valkey.start();
    return valkey;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, with nothing in it. */
  async start(): Promise<void> {
    const parameters = [
      '--bind',
      '127.0.0.1',
      '--port',
      String(this.port),
      '--save',
      '',
      '--appendonly',
      'no',
    ];
    this.child = spawn(this.program, parameters, { cwd: tmpdir(), stdio: 'ignore' });
    await waitForPort(this.port, AbortSignal.timeout(20_000));
  }

  /** Ends it at once, with all that was in it. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (child?.kill('SIGKILL')) await once(child, 'exit');
  }
}
