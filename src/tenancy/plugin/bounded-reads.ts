import type { Aggregate, Query, Schema } from 'mongoose';
import { readOptions } from '../../mongo/read-deadline.js';
import { scopeStore } from '../scope-store.js';
import { unskippable } from './hook.js';

const READS = ['find', 'findOne', 'countDocuments', 'estimatedDocumentCount', 'distinct'] as const;

/** Gives every read of a schema's model the time that is left to its operation: see {@link readOptions}. */
export function boundReads<T>(schema: Schema<T>): void {
  const isForClient = () => {
    const scope = scopeStore.scope();
    return scope !== null && scope.viewer.kind !== 'system';
  };
  const bound = unskippable(function (this: Query<unknown, T>) {
    const options = readOptions(isForClient());
    // Of a cursor each page has that time, so that what is read for long, such as an archive, is not cut off.
    const isFind = (this as unknown as { op: string }).op === 'find';
    this.setOptions({
      ...options,
      ...(isFind && 'timeoutMS' in options ? { timeoutMode: 'iteration' } : {}),
    } as never);
  });
  for (const operation of READS)
    schema.pre(operation as 'find', { query: true, document: false } as never, bound as never);
  schema.pre(
    'aggregate',
    unskippable(function (this: Aggregate<unknown>) {
      this.option(readOptions(isForClient()) as never);
    }),
  );
}
