import { availableParallelism } from 'node:os';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { Options } from '@node-rs/argon2';
import { Piscina } from 'piscina';
import { DomainError } from '../errors/domain-error.js';
import { Metrics } from '../telemetry/metrics.js';

/** Each takes 19 MiB while it runs. One core is left to everybody else, where there are several. */
export const AT_ONCE = Math.max(1, Math.min(2, availableParallelism() - 1));
/** Beyond, whoever comes is sent away at once: he would wait for longer than he is willing to. */
export const MOST_WAITING = 100;

/** A thread takes some 10 MB: one that has had nothing to do for so long ends. In milliseconds. */
const IDLE_FOR = 30_000;

interface Work {
  hash: { task: { password: string; parameters: Options }; result: string };
  verify: { task: { password: string; against: string }; result: boolean };
}

/**
 * Runs argon2 in threads of low priority, a few at a time and in the order of asking: they take the processor time that nobody
 * else wants, and a tenth of a core where all is wanted. Threads are started when they are needed and keep no idle process
 * alive.
 */
@Injectable()
export class PasswordThreads implements OnApplicationShutdown {
  private readonly logger = new Logger(PasswordThreads.name);
  private unfinished = 0;
  private readonly pool = new Piscina({
    filename: new URL('./password-worker.mjs', import.meta.url).href,
    minThreads: 0,
    maxThreads: AT_ONCE,
    maxQueue: MOST_WAITING,
    idleTimeout: IDLE_FOR,
    // Without it, whoever finds all threads busy is put behind those who came later.
    stricterFIFO: true,
    recordTiming: false,
    // Neither what this process was started with, such as loaders and sizes of its heap, nor its secrets.
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
  });

  constructor(private readonly metrics: Metrics) {
    // A thread that cannot start would leave those who wait for it waiting: they fail instead, and the next one tries anew.
    this.pool.on('error', (error: Error) => {
      this.logger.error('A thread for passwords has failed', error.stack);
      void this.pool.destroy();
    });
  }

  /**
   * Does one piece of work when its turn comes.
   * @throws DomainError RATE_LIMITED when too many wait for their turn; Error when the thread fails or the server stops.
   */
  async run<K extends keyof Work>(name: K, task: Work[K]['task']): Promise<Work[K]['result']> {
    if (this.pool.queueSize >= MOST_WAITING) throw tooManyAtOnce();
    this.unfinished += 1;
    try {
      const result = this.pool.run(task, { name });
      this.tell();
      return (await result) as Work[K]['result'];
    } finally {
      this.unfinished -= 1;
      this.tell();
    }
  }

  /** Ends the threads, also in the middle of their work. */
  async onApplicationShutdown(): Promise<void> {
    await this.pool.destroy();
  }

  private tell(): void {
    const { queueSize } = this.pool;
    this.metrics.passwordsInWork.set({ state: 'running' }, this.unfinished - queueSize);
    this.metrics.passwordsInWork.set({ state: 'waiting' }, queueSize);
  }
}

function tooManyAtOnce(): DomainError {
  const message = 'Too many passwords are being checked right now: try again in a moment.';
  return new DomainError('RATE_LIMITED', message, { retryAfterSeconds: 2 });
}
