import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { Connection } from 'mongoose';
import { SETTINGS, type Settings } from '../config/settings.js';
import type { CommandGuard } from './command-guard.js';
import { connectMongo } from './mongo-connection.js';
import { COMMAND_GUARD, MONGO_CONNECTION, SWEEPER_CONNECTION } from './mongo.tokens.js';
import { StoreClock } from './store-clock.js';
import { UnitOfWork } from './unit-of-work.js';

/** The database: its connections, and transactions on the first. Closed last, after everything that writes. */
@Global()
@Module({
  providers: [
    {
      provide: MONGO_CONNECTION,
      inject: [SETTINGS, COMMAND_GUARD],
      useFactory: (settings: Settings, guard: CommandGuard) => connectMongo(settings.MONGODB_URI, guard),
    },
    {
      provide: SWEEPER_CONNECTION,
      inject: [SETTINGS, COMMAND_GUARD, MONGO_CONNECTION],
      useFactory: ({ MONGODB_SWEEPER_URI: uri }: Settings, guard: CommandGuard, connection: Connection) =>
        uri === undefined ? connection : connectMongo(uri, guard),
    },
    StoreClock,
    UnitOfWork,
  ],
  exports: [MONGO_CONNECTION, SWEEPER_CONNECTION, StoreClock, UnitOfWork],
})
export class MongoModule implements OnApplicationShutdown {
  constructor(
    @Inject(MONGO_CONNECTION) private readonly connection: Connection,
    @Inject(SWEEPER_CONNECTION) private readonly sweeper: Connection,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    for (const connection of new Set([this.connection, this.sweeper])) await connection.close();
  }
}
