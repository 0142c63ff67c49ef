import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { toDomainError } from './client-error.js';

const { MongoServerError, MongoBulkWriteError, MongoNetworkError, MongoNetworkTimeoutError } = mongoose.mongo;
const serverError = (code: number, errorLabels: string[] = []) =>
  new MongoServerError({ code, errmsg: 'as MongoDB says it', errorLabels });
/** As the driver makes it of an error of the connection. */
const bulkError = (cause: Error) => new MongoBulkWriteError(cause, undefined as never);

describe('An error of a store', () => {
  it.each([
    ['a time-out of the network', new MongoNetworkTimeoutError('connection timed out')],
    ['a bulk write whose line broke', bulkError(new MongoNetworkError('read ECONNRESET'))],
    ['a bulk write without a connection', bulkError(new MongoNetworkTimeoutError('timed out'))],
    ['an operation that took too long', serverError(50)],
    ['a time limit of MongoDB itself', serverError(262)],
    ['a lock that did not come free', serverError(24)],
    ['a write conflict', serverError(112)],
    ['a transaction that lived too long', serverError(290)],
    ['a primary that steps down', serverError(189)],
    ['a disk that is full', serverError(14_031)],
    ['what MongoDB says may be tried again', serverError(1, ['TransientTransactionError'])],
    ['a silent Redis', new Error('Command timed out')],
  ])('is UNAVAILABLE with the seconds to wait when it is %s', (_what, error) => {
    const { code, details } = toDomainError(error);
    expect([code, details.retryAfterSeconds]).toEqual(['UNAVAILABLE', expect.any(Number)]);
  });

  it.each([
    ['a fault of the query', serverError(2)],
    ['an unknown operator', serverError(168)],
    ['a missing right', serverError(13)],
    ['a fault of the program', new TypeError('x is not a function')],
  ])('is INTERNAL when it is %s', (_what, error) => {
    expect(toDomainError(error).code).toBe('INTERNAL');
  });
});
