import { setTimeout as sleep } from 'node:timers/promises';
import { Child, type ChildEnd } from './child.js';

/** How servers are started. */
export interface ServerPlan {
  readonly name: string;
  readonly port: number;
  /** The compiled program. */
  readonly program: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
  /** Told when it ended though nobody ended it. */
  readonly onCrash: (name: string, end: ChildEnd, written: string) => void;
}

/** One server process under a supervisor that starts it again, whatever ends it. */
export class Server {
  private child: Child;
  private isExpected = false;
  private isWanted = true;
  /** Variables of the next start beside those of the plan. */
  extraEnv: Readonly<Record<string, string>> = {};

  constructor(private readonly plan: ServerPlan) {
    this.child = this.start();
  }

  get name(): string {
    return this.plan.name;
  }

  get url(): string {
    return `http://127.0.0.1:${this.plan.port}`;
  }

  get pid(): number {
    return this.child.pid;
  }

  /** Ends it at once; the supervisor starts it again. */
  async kill(): Promise<void> {
    this.isExpected = true;
    await this.child.kill();
  }

  /** Asks it to stop, and returns how it did; the supervisor starts it again. */
  async terminate(): Promise<ChildEnd> {
    this.isExpected = true;
    const { child } = this;
    child.signal('SIGTERM');
    const late = setTimeout(() => child.signal('SIGKILL'), 30_000);
    const end = await child.ended;
    clearTimeout(late);
    return end;
  }

  /** Waits until it serves. @throws Error when it does not within the time. */
  async untilReady(patienceMs = 60_000): Promise<void> {
    for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await sleep(50)) {
      if ((await this.health('ready')) === 200) return;
    }
    throw new Error(`${this.name} does not become ready:\n${this.child.written.slice(-2000)}`);
  }

  /** The status of a health question; null when it does not answer. */
  async health(question: 'live' | 'ready'): Promise<number | null> {
    try {
      const response = await fetch(`${this.url}/health/${question}`, {
        signal: AbortSignal.timeout(4000),
        headers: { connection: 'close' },
      });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return null;
    }
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    this.isWanted = false;
    await this.kill();
  }

  private start(): Child {
    const { plan } = this;
    this.isExpected = false;
    const child = new Child({
      program: process.execPath,
      parameters: [plan.program],
      env: { ...plan.env, ...this.extraEnv, PORT: String(plan.port) },
      logFile: plan.logFile,
    });
    void child.ended.then(async end => {
      // One that cannot reach its database at the start gives up, as it says; the supervisor tries again.
      const wasReady = child.written.includes('Voho is ready');
      if (!this.isExpected && this.isWanted && wasReady)
        plan.onCrash(plan.name, end, child.written.slice(-3000));
      await sleep(100);
      if (this.isWanted) this.child = this.start();
    });
    return child;
  }
}
