import { AsyncLocalStorage } from 'node:async_hooks';
import { Inject, Injectable } from '@nestjs/common';
import type { Connection } from 'mongoose';
import { MONGO_CONNECTION } from './mongo.tokens.js';

interface Transaction {
  readonly afterCommit: (() => void)[];
}

/**
 * One MongoDB transaction around a change, its events and its audit row: all of them are stored, or none.
 * Inside, every operation joins the transaction by itself; run them one after the other.
 */
@Injectable()
export class UnitOfWork {
  private readonly storage = new AsyncLocalStorage<Transaction>();

  constructor(@Inject(MONGO_CONNECTION) private readonly connection: Connection) {}

  /**
   * Runs `work` in a transaction and returns once it is committed by a majority; joins the one already running.
   * `work` is run again from its start after a write conflict, so it must not act outside the database.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.storage.getStore()) return work();
    let transaction: Transaction = { afterCommit: [] };
    const result = await this.connection.transaction(
      () => {
        transaction = { afterCommit: [] };
        return this.storage.run(transaction, work);
      },
      {
        readConcern: { level: 'snapshot' },
        writeConcern: { w: 'majority', journal: true },
        readPreference: 'primary',
      },
    );
    for (const callback of transaction.afterCommit) callback();
    return result;
  }

  /** Runs `callback` once the running transaction is committed; never when it is rolled back. */
  afterCommit(callback: () => void): void {
    const transaction = this.storage.getStore();
    if (!transaction) throw new Error('afterCommit needs a running transaction');
    transaction.afterCommit.push(callback);
  }

  /** Whether a transaction is running here. */
  get isRunning(): boolean {
    return this.storage.getStore() !== undefined;
  }
}
