import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Connection } from 'mongoose';
import { repeat, type Repeating } from '../repeat/repeat.js';
import { MONGO_CONNECTION } from './mongo.tokens.js';

const ASK_EVERY_MS = 30_000;

/**
 * The database server's clock, which all processes share: leases and waiting times stand on it, since processes'
 * own clocks may differ by days. Between two looks it goes on with this process's monotonic clock, so a jump of
 * the wall clock does not move it.
 */
@Injectable()
export class StoreClock implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('StoreClock');
  private seen = { at: Date.now(), monotonic: performance.now() };
  private repeating: Repeating | null = null;

  constructor(@Inject(MONGO_CONNECTION) private readonly connection: Connection) {}

  async onModuleInit(): Promise<void> {
    await this.look();
    this.repeating = repeat(
      ASK_EVERY_MS,
      () => this.look(),
      error => {
        this.logger.debug(`The database's clock could not be read: ${error.message}`);
      },
    );
  }

  async onModuleDestroy(): Promise<void> {
    await this.repeating?.stop();
  }

  now(): Date {
    return new Date(this.seen.at + performance.now() - this.seen.monotonic);
  }

  /** The moment that many milliseconds from now. */
  in(milliseconds: number): Date {
    return new Date(this.now().getTime() + milliseconds);
  }

  private async look(): Promise<void> {
    const answer = (await this.connection.db?.admin().command({ hello: 1 })) as
      { localTime?: Date } | undefined;
    if (answer?.localTime) this.seen = { at: answer.localTime.getTime(), monotonic: performance.now() };
  }
}
