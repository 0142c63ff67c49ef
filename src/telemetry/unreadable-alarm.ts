import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { UNREADABLE_DATA, type UnreadableData } from '../errors/unreadable-data.js';
import { Metrics } from './metrics.js';

/** Documents of which it is remembered that they were told of. */
const MOST_REMEMBERED = 10_000;

/** Counts and logs each stored document that cannot be read, once per process however often it is met. */
@Injectable()
export class UnreadableAlarm implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('UnreadableData');
  private readonly told = new Set<string>();

  constructor(private readonly metrics: Metrics) {}

  onModuleInit(): void {
    subscribe(UNREADABLE_DATA, this.raise);
  }

  onModuleDestroy(): void {
    unsubscribe(UNREADABLE_DATA, this.raise);
  }

  private readonly raise = (message: unknown): void => {
    const { what, id, reason } = message as UnreadableData;
    const key = `${what} ${id}`;
    if (this.told.has(key)) return;
    this.told.add(key);
    if (this.told.size > MOST_REMEMBERED) this.told.delete(this.told.values().next().value ?? '');
    this.metrics.unreadableData.inc({ what });
    this.logger.error(`A ${what} cannot be read and is handed out without its content: ${id}: ${reason}`);
  };
}
