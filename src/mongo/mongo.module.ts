import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { Connection } from 'mongoose';
import { SETTINGS, type Settings } from '../config/settings.js';
import type { CommandGuard } from './command-guard.js';
import { connectMongo } from './mongo-connection.js';
import { COMMAND_GUARD, MONGO_CONNECTION } from './mongo.tokens.js';
import { StoreClock } from './store-clock.js';
import { UnitOfWork } from './unit-of-work.js';

/** The database: one connection, and transactions on it. Closed last, after everything that writes. */
@Global()
@Module({
  providers: [
    {
      provide: MONGO_CONNECTION,
      inject: [SETTINGS, COMMAND_GUARD],
      useFactory: (settings: Settings, guard: CommandGuard) => connectMongo(settings.MONGODB_URI, guard),
    },
    StoreClock,
    UnitOfWork,
  ],
  exports: [MONGO_CONNECTION, StoreClock, UnitOfWork],
})
export class MongoModule implements OnApplicationShutdown {
  constructor(@Inject(MONGO_CONNECTION) private readonly connection: Connection) {}

  async onApplicationShutdown(): Promise<void> {
    await this.connection.close();
  }
}
