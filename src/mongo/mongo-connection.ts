import mongoose, { type Connection } from 'mongoose';
import { IsolationError } from '../errors/isolation-error.js';

mongoose.set({ transactionAsyncLocalStorage: true, strictQuery: 'throw', bufferCommands: false });

/** Connection-wide commands that no model's hooks see. */
const UNCONFINED = ['aggregate', 'bulkWrite', 'watch', 'dropDatabase', 'dropCollection', 'useDb'] as const;

/**
 * Opens the database: majority reads and writes on the primary, whatever the URI says, so that a committed
 * change is never rolled back and a query after a mutation sees it. Connection-wide commands that would go
 * around the tenant hooks are refused.
 * @throws when no server answers within 10 s.
 */
export async function connectMongo(uri: string): Promise<Connection> {
  const connection = mongoose.createConnection(uri, {
    readPreference: 'primary',
    readConcern: { level: 'majority' },
    writeConcern: { w: 'majority', journal: true },
    retryWrites: true,
    retryReads: true,
    maxPoolSize: 50,
    serverSelectionTimeoutMS: 10_000,
    autoIndex: false,
    autoCreate: false,
    appName: 'voho',
  });
  for (const operation of UNCONFINED) {
    Object.defineProperty(connection, operation, {
      value: () => {
        throw new IsolationError('Connection', operation, 'no hook can confine it to a tenant');
      },
    });
  }
  return connection.asPromise();
}
