import { Logger } from '@nestjs/common';
import mongoose, { type Connection } from 'mongoose';
import { IsolationError } from '../errors/isolation-error.js';
import { type CommandGuard, guardCommands } from './command-guard.js';
import { withoutDecidedOptions } from './connection-uri.js';

mongoose.set({ transactionAsyncLocalStorage: true, strictQuery: 'throw', bufferCommands: false });

/** Connection-wide commands that no model's hooks see. */
const UNCONFINED = ['aggregate', 'bulkWrite', 'watch', 'dropDatabase', 'dropCollection', 'useDb'] as const;

/**
 * How long a server may stay silent: MongoDB answers far sooner, and one that is frozen or cut off never does. Without
 * it whoever asked would wait without end. A read is tried twice.
 */
const SILENCE_MS = 5000;
/** How long an operation waits for a primary: an election takes less. */
const SELECTION_MS = 8000;

const logger = new Logger('MongoDB');

/**
 * Opens the database: majority reads and writes on the primary, whatever the URI says, so that a committed
 * change is never rolled back and a query after a mutation sees it. Connection-wide commands that would go
 * around the tenant hooks are refused, and every command passes the guard before it is sent.
 * @throws when no server answers within 8 s, and when the address brings about anything less than majority after all.
 */
export async function connectMongo(uri: string, guard: CommandGuard): Promise<Connection> {
  const { uri: plain, ignored } = withoutDecidedOptions(uri);
  if (ignored.length > 0)
    logger.warn(
      `The database's address has options that are decided here and not taken: ${ignored.join(', ')}`,
    );
  const connection = mongoose.createConnection(plain, {
    readPreference: 'primary',
    readConcern: { level: 'majority' },
    writeConcern: { w: 'majority', journal: true },
    retryWrites: true,
    retryReads: true,
    maxPoolSize: 50,
    serverSelectionTimeoutMS: SELECTION_MS,
    waitQueueTimeoutMS: SELECTION_MS,
    socketTimeoutMS: SILENCE_MS,
    connectTimeoutMS: SILENCE_MS,
    heartbeatFrequencyMS: 5000,
    autoIndex: false,
    autoCreate: false,
    appName: 'voho',
    monitorCommands: true,
  });
  for (const operation of UNCONFINED) {
    Object.defineProperty(connection, operation, {
      value: () => {
        throw new IsolationError('Connection', operation, 'no hook can confine it to a tenant');
      },
    });
  }
  await connection.asPromise();
  assertMajority(connection);
  guardCommands(connection, guard);
  return connection;
}

/** What the driver has made of the options. A new release, or a name that is not known here, must not weaken it in silence. */
function assertMajority(connection: Connection): void {
  const { readConcern, writeConcern, readPreference, retryWrites, retryReads } =
    connection.getClient().options;
  const { w, journal, wtimeoutMS } = writeConcern;
  const isMajority =
    readConcern.level === 'majority' &&
    w === 'majority' &&
    journal === true &&
    wtimeoutMS === undefined &&
    readPreference.mode === 'primary' &&
    retryWrites &&
    retryReads;
  if (!isMajority) throw new Error('The driver does not read and write by majority on the primary');
}
