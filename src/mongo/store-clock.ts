import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Connection } from 'mongoose';
import { repeat, type Repeating } from '../repeat/repeat.js';
import { MONGO_CONNECTION } from './mongo.tokens.js';

const ASK_EVERY_MS = 30_000;

/**
 * The one clock of work: leases, due times, and everything that is waited for or compared with the provider's times
 * stand on it. It is the database server's clock, which all processes share, since their own may differ by days.
 * Between two looks it goes on with this process's monotonic clock, so a jump of the wall clock does not move it.
 * Under virtual time it is ahead of that, by what {@link moveTo} says.
 */
@Injectable()
export class StoreClock implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('StoreClock');
  private seen = { at: Date.now(), monotonic: performance.now() };
  private offsetMs = 0;
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
    return new Date(this.offsetMs + this.seen.at + performance.now() - this.seen.monotonic);
  }

  /** The moment that many milliseconds from now. */
  in(milliseconds: number): Date {
    return new Date(this.now().getTime() + milliseconds);
  }

  /** Puts the clock so many milliseconds ahead of the database's; for VirtualTime alone. */
  moveTo(offsetMs: number): void {
    this.offsetMs = offsetMs;
  }

  private async look(): Promise<void> {
    const answer = (await this.connection.db?.admin().command({ hello: 1 })) as
      { localTime?: Date } | undefined;
    if (answer?.localTime) this.seen = { at: answer.localTime.getTime(), monotonic: performance.now() };
  }
}
