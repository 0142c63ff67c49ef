import { AsyncLocalStorage } from 'node:async_hooks';
import { isInTransaction } from './unit-of-work.js';

/** How long one read may take with all its tries. */
const READ_MS = 8000;
/** How long all reads of one operation may take together, from its arrival on. */
const OPERATION_MS = 9000;

/** When the reads of the running operation must be over, by `performance.now()`. */
const deadlines = new AsyncLocalStorage<number>();

/** The operation has no time left for a read: the database has not answered so far. */
export class MongoReadDeadlineError extends Error {
  constructor() {
    super(`The database has not answered within ${OPERATION_MS} ms`);
    this.name = 'MongoReadDeadlineError';
  }
}

/**
 * Runs an operation of a client under one deadline of 9 s for all that it reads, so that several reads in a row do
 * not wait one after the other for a database that is silent.
 */
export function withReadDeadline<T>(work: () => T): T {
  return deadlines.run(performance.now() + OPERATION_MS, work);
}

/**
 * The options of a read that begins now. A transaction has a deadline of its own.
 * @param isForClient whether the read is part of what a client waits for; work of the server itself, which an operation
 * may have set off, outlives it and has 8 s for each read.
 * @throws MongoReadDeadlineError when the running operation has no time left.
 */
export function readOptions(isForClient: boolean): { timeoutMS?: number } {
  if (isInTransaction()) return {};
  const deadline = isForClient ? deadlines.getStore() : undefined;
  const left = deadline === undefined ? READ_MS : Math.floor(deadline - performance.now());
  if (left <= 0) throw new MongoReadDeadlineError();
  return { timeoutMS: Math.min(READ_MS, left) };
}
