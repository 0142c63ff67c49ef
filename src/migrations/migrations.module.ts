import { Global, Module } from '@nestjs/common';
import { modelProvider } from '../mongo/model-provider.js';
import { MIGRATIONS } from './migration.schema.js';
import { MigrationRunner } from './migration-runner.js';
import { MigrationStore } from './migration-store.js';

/** Changes of what is stored, each applied once to a database. */
@Global()
@Module({
  providers: [modelProvider(MIGRATIONS), MigrationStore, MigrationRunner],
  exports: [MigrationRunner],
})
export class MigrationsModule {}
