import { databaseOf } from '../config/mongodb-database.js';
import type { Settings } from '../config/settings.js';
import { MIGRATION_NAMES } from '../migrations/migration.js';
import { rolesScript } from '../mongo/database-roles.js';
import { connectMongo } from '../mongo/mongo-connection.js';
import { prepareCollections } from '../tenancy/prepare-collections.js';
import { WireGuard } from '../tenancy/wire-guard/wire-guard.js';
import type { Command, CommandResult } from './command.js';

/** The commands that are about the database itself, and need nothing else of the server. */
export type DatabaseCommand = Extract<Command, { name: 'database prepare' | 'database roles' }>;

export const isOnDatabase = (command: Command): command is DatabaseCommand =>
  command.name === 'database prepare' || command.name === 'database roles';

/** Runs one of them, on all collections that are declared in this process. */
export async function runOnDatabase({ name }: DatabaseCommand, settings: Settings): Promise<CommandResult> {
  const database = databaseOf(settings.MONGODB_URI);
  if (name === 'database roles') return { exitCode: 0, text: rolesScript(database) };
  const connection = await connectMongo(settings.MONGODB_URI, new WireGuard());
  try {
    await prepareCollections(connection, MIGRATION_NAMES);
  } finally {
    await connection.close();
  }
  return { exitCode: 0, text: `The database ${database} has all that this version needs.` };
}
