import { AsyncLocalStorage } from 'node:async_hooks';
import { isInTransaction } from './unit-of-work.js';

/** How long all reads of one operation of a client may take together, from its arrival on. */
const OPERATION_MS = 10_000;

/** When the reads of the running operation must be over, by `performance.now()`; null: they belong to none. */
const deadlines = new AsyncLocalStorage<number | null>();

/** The operation has no time left for a read: the database has not answered so far. */
export class MongoReadDeadlineError extends Error {
  constructor() {
    super(`The database has not answered an operation within ${OPERATION_MS} ms`);
    this.name = 'MongoReadDeadlineError';
  }
}

/**
 * Runs an operation of a client under one deadline of 10 s for all that it reads: the driver may wait 18 s for a single
 * read while the database is silent, and several reads in a row would wait one after the other.
 */
export function withReadDeadline<T>(work: () => T): T {
  return deadlines.run(performance.now() + OPERATION_MS, work);
}

/** Runs what several operations wait for: the deadline of the one that has begun it must not end it for the others. */
export function withoutReadDeadline<T>(work: () => T): T {
  return deadlines.run(null, work);
}

/**
 * What `read` gives, within the time that is left to the running operation. A read that comes too late goes on to its own
 * end, unheard. A transaction has a deadline of its own.
 * @throws MongoReadDeadlineError when it does not come in time.
 */
export async function inReadTime<T>(read: () => Promise<T>): Promise<T> {
  const deadline = isInTransaction() ? null : (deadlines.getStore() ?? null);
  if (deadline === null) return read();
  const left = deadline - performance.now();
  if (left <= 0) throw new MongoReadDeadlineError();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new MongoReadDeadlineError());
    }, left);
  });
  try {
    return await Promise.race([read(), late]);
  } finally {
    clearTimeout(timer);
  }
}
