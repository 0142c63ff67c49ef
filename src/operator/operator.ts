import { NestFactory } from '@nestjs/core';
import { readEnv } from '../config/env.js';
import { InvalidEnvironmentError } from '../config/invalid-environment.error.js';
import { MasterKeyCheck } from '../data-keys/master-key-check.js';
import { RedisClients } from '../redis/redis-clients.js';
import { ConflictingIndexError } from '../errors/conflicting-index.error.js';
import { HELP, parseCommand } from './command.js';
import { isOnDatabase, runOnDatabase } from './database-operations.js';
import { OperatorError, UsageError } from './operator-error.js';
import { OperatorModule } from './operator.module.js';
import { operatorSettings } from './operator-settings.js';
import { RunCommand } from './run-command.js';

/** What the command line ends with. */
export interface OperatorResult {
  readonly exitCode: 0 | 1 | 2;
  readonly text: string;
}

/**
 * Runs one command of the operator from start to end. Never throws: what went wrong is in the result.
 * @param write takes lines that are not part of the result's text, as an export has them.
 * @param loadServer loads all modules, each of which declares its collections; most commands do without.
 */
export async function operator(
  argv: readonly string[],
  write: (line: string) => Promise<void>,
  loadServer: () => Promise<unknown>,
): Promise<OperatorResult> {
  try {
    const command = parseCommand(argv);
    if (command.name === 'help') return { exitCode: 0, text: HELP };
    const settings = await operatorSettings(readEnv());
    if (isOnDatabase(command)) {
      await loadServer();
      return await runOnDatabase(command, settings);
    }
    const app = await NestFactory.createApplicationContext(OperatorModule.with(settings), {
      logger: false,
      abortOnError: false,
    });
    try {
      await app.get(RedisClients).assertSupported();
      // Its own report says which tenants no key opens.
      if (command.name !== 'keys rewrap') await app.get(MasterKeyCheck).verify();
      return await app.get(RunCommand).run(command, write);
    } finally {
      await app.close();
    }
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): OperatorResult {
  if (error instanceof UsageError) return { exitCode: 2, text: `${error.message}\nSee: voho --help` };
  if (error instanceof InvalidEnvironmentError) return { exitCode: 2, text: error.message };
  if (error instanceof OperatorError || error instanceof ConflictingIndexError)
    return { exitCode: 1, text: error.message };
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const isAway = /^Mongo(ose)?(Network|ServerSelection)/.test(name);
  return { exitCode: 1, text: isAway ? `The database does not answer: ${message}` : `${name}: ${message}` };
}
