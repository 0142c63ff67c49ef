import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ISOLATION_REFUSALS, type IsolationError } from '../errors/isolation-error.js';
import { Metrics } from './metrics.js';

/** Counts and logs whatever would have left its tenant, wherever it was refused: in a request, a job or a socket. */
@Injectable()
export class IsolationAlarm implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Isolation');

  constructor(private readonly metrics: Metrics) {}

  onModuleInit(): void {
    subscribe(ISOLATION_REFUSALS, this.raise);
  }

  onModuleDestroy(): void {
    unsubscribe(ISOLATION_REFUSALS, this.raise);
  }

  private readonly raise = (refusal: unknown): void => {
    const { message, stack } = refusal as IsolationError;
    this.metrics.isolationRefusals.inc();
    this.logger.error(message, stack);
  };
}
