import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';

/** How a process is started. */
export interface ChildPlan {
  readonly program: string;
  readonly parameters: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What it writes is added to this file. */
  readonly logFile: string;
}

/** How a process has ended. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of the run: started here, ended here by its own handle. */
export class Child {
  readonly ended: Promise<ChildEnd>;
  private readonly child: ChildProcess;
  private readonly log: WriteStream;
  private output = '';

  constructor({ program, parameters, env, logFile }: ChildPlan) {
    this.log = createWriteStream(logFile, { flags: 'a' });
    this.child = spawn(program, [...parameters], { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.log.write(chunk);
        this.output = (this.output + chunk.toString()).slice(-20_000);
      });
    }
    this.ended = once(this.child, 'exit').then(([code, signal]) => {
      this.log.end();
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The last part of what it has written. */
  get written(): string {
    return this.output;
  }

  /** Sends a signal, if it still runs. */
  signal(signal: NodeJS.Signals): void {
    if (this.isRunning) this.child.kill(signal);
  }

  /** Ends it at once, also when it is stopped, and waits until it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  /** Waits until it has written something. @throws Error with its output when it ends before, or takes too long. */
  async untilWritten(text: string, patienceMs = 60_000): Promise<void> {
    for (const deadline = Date.now() + patienceMs; !this.output.includes(text);) {
      if (!this.isRunning || Date.now() > deadline) throw new Error(`It did not start:\n${this.output}`);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }
}
