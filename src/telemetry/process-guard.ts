import { Logger } from '@nestjs/common';
import type { Metrics } from './metrics.js';

/**
 * What a process does about faults that no code has caught. A rejected promise that nothing waits for is counted and
 * written down, and the process goes on: its own work has failed, and no other work waits for it. A thrown exception may
 * have left anything half done, so the process ends; what it had in hand is leased and taken up by the others.
 */
export class ProcessGuard {
  private readonly logger = new Logger('Process');
  private metrics: Metrics | null = null;

  /** Begins to guard. @param end ends the process; called after an exception, and never returns. */
  constructor(private readonly end: () => void) {
    process.on('unhandledRejection', this.survive);
    process.on('uncaughtException', this.fall);
  }

  /** From now on faults are counted too. */
  countIn(metrics: Metrics): void {
    this.metrics = metrics;
  }

  private readonly survive = (reason: unknown): void => {
    this.metrics?.uncaughtFaults.inc({ kind: 'unhandled_rejection' });
    const { message, stack } = asError(reason);
    this.logger.error(`A rejected promise was not handled: ${message}`, stack ?? '');
  };

  private readonly fall = (fault: unknown): void => {
    const { message, stack } = asError(fault);
    this.logger.fatal(`An exception was not caught, so the process ends: ${message}\n${stack ?? ''}`);
    this.end();
  };
}

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));
