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
    private readonly parameters: readonly string[],
    private readonly file: string | null = null,
  ) {}

  /** @param parameters what it is started with beside its address, such as `--cluster-enabled yes`. */
  static async start(...parameters: readonly string[]): Promise<Valkey> {
    const binary = await findValkey({
      cacheDir: CACHE_DIR,
      environment: inheritedEnvironment(),
      ticker: new StepTicker(() => undefined),
    });
    const valkey = new Valkey(binary.path, await freePort(), parameters);
    await valkey.start();
    return valkey;
  }

  /** The same with a configuration file, which some modes want. */
  static async startWith(file: string, ...parameters: readonly string[]): Promise<Valkey> {
    const plain = await Valkey.start();
    await plain.kill();
    const valkey = new Valkey(plain.program, plain.port, parameters, file);
    await valkey.start();
    return valkey;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** The address for one of its users. */
  urlFor(user: string, password: string): string {
    return `redis://${user}:${password}@127.0.0.1:${this.port}`;
  }

  /** Has it say nothing any more, and take nothing, while its connections stay open. */
  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  /** Starts it, with nothing in it. */
  async start(): Promise<void> {
    const address = ['--bind', '127.0.0.1', '--port', String(this.port)];
    const parameters = [...address, '--save', '', '--appendonly', 'no'];
    this.child = spawn(
      this.program,
      [...(this.file === null ? [] : [this.file]), ...parameters, ...this.parameters],
      { cwd: tmpdir(), stdio: 'ignore' },
    );
    await waitForPort(this.port, AbortSignal.timeout(20_000));
  }

  /** Ends it at once, with all that was in it. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (child?.kill('SIGKILL')) await once(child, 'exit');
  }
}
