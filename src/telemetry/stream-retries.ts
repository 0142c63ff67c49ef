import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { type RetryReason, STREAM_RETRIES } from '../errors/retries.js';
import { Metrics } from './metrics.js';

/** Counts what streams try again, wherever they do. */
@Injectable()
export class StreamRetries implements OnModuleInit, OnModuleDestroy {
  constructor(private readonly metrics: Metrics) {}

  onModuleInit(): void {
    subscribe(STREAM_RETRIES, this.count);
  }

  onModuleDestroy(): void {
    unsubscribe(STREAM_RETRIES, this.count);
  }

  private readonly count = (message: unknown): void => {
    this.metrics.streamRetries.inc({ reason: (message as { readonly reason: RetryReason }).reason });
  };
}
