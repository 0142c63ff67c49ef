import { AsyncLocalStorage } from 'node:async_hooks';
import { Inject, Injectable } from '@nestjs/common';
import type { Connection } from 'mongoose';
import { MONGO_CONNECTION } from './mongo.tokens.js';

/** How long a transaction may take with all its tries; the driver itself would go on for two minutes. */
const DEADLINE_MS = 8000;

/** Whether the transaction is stored or not is not known: the database did not answer in time. */
export class MongoTransactionTimeoutError extends Error {
  constructor() {
    super(`A transaction was not committed within ${DEADLINE_MS} ms`);
    this.name = 'MongoTransactionTimeoutError';
  }
}

interface Transaction {
  readonly afterCommit: (() => void)[];
}

const running = new AsyncLocalStorage<Transaction>();

/** Whether what runs here belongs to a transaction. */
export const isInTransaction = (): boolean => running.getStore() !== undefined;

/**
 * One MongoDB transaction around a change, its events and its audit row: all of them are stored, or none.
 * Inside, every operation joins the transaction by itself; run them one after the other.
 */
@Injectable()
export class UnitOfWork {
  constructor(@Inject(MONGO_CONNECTION) private readonly connection: Connection) {}

  /**
   * Runs `work` in a transaction and returns once it is committed by a majority; joins the one already running.
   * `work` is run again from its start after a write conflict, so it must not act outside the database.
   * @throws MongoTransactionTimeoutError after 8 s; whether it is stored is then unknown.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (isInTransaction()) return work();
    const deadline = performance.now() + DEADLINE_MS;
    let transaction: Transaction = { afterCommit: [] };
    const committing = this.connection.transaction(
      async () => {
        if (performance.now() > deadline) throw new MongoTransactionTimeoutError();
        transaction = { afterCommit: [] };
        return running.run(transaction, work);
      },
      {
        readConcern: { level: 'snapshot' },
        writeConcern: { w: 'majority', journal: true },
        readPreference: 'primary',
      },
    );
    const result = await inTime(committing);
    for (const callback of transaction.afterCommit) callback();
    return result;
  }

  /** Runs `callback` once the running transaction is committed; never when it is rolled back. */
  afterCommit(callback: () => void): void {
    const transaction = running.getStore();
    if (!transaction) throw new Error('afterCommit needs a running transaction');
    transaction.afterCommit.push(callback);
  }
}

/** What comes in time. What comes later is nobody's any more: a commit that does is found by whoever tries again. */
async function inTime<T>(committing: Promise<T>): Promise<T> {
  let late: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    late = setTimeout(() => {
      reject(new MongoTransactionTimeoutError());
    }, DEADLINE_MS);
  });
  try {
    return await Promise.race([committing, timeout]);
  } finally {
    clearTimeout(late);
  }
}
