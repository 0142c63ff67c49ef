import { type Aggregate, type Query, Schema, type SchemaDefinition } from 'mongoose';
import { scopeStore } from '../scope-store.js';
import { FILTERED_OPERATIONS, unskippable } from './hook.js';
import { IsolationError } from '../../errors/isolation-error.js';

/**
 * Makes the schema of data that belongs to no tenant: *global* (tenants, the credential index) or *work* (ids,
 * due times and leases, no content). Every command needs SystemAccess with a reason, and carries it as comment.
 */
export function systemSchema<T>(
  tenancy: 'global' | 'work',
  definition: SchemaDefinition<Omit<T, '_id'>>,
): Schema<T> {
  const schema = new Schema<T>(definition, {
    strict: 'throw',
    strictQuery: 'throw',
    versionKey: false,
    minimize: false,
    autoIndex: false,
    id: false,
  });
  schema.set('tenancy' as never, tenancy as never);
  const requireReason = (model: string, operation: string): string => {
    const reason = scopeStore.systemReason();
    if (!reason) throw new IsolationError(model, operation, 'global and work data need a system reason');
    return `voho:${reason}`;
  };
  const mark = unskippable(function (this: Query<unknown, T>) {
    this.comment(requireReason(this.model.modelName, (this as unknown as { op: string }).op));
  });
  for (const operation of [...FILTERED_OPERATIONS, 'estimatedDocumentCount']) {
    schema.pre(operation as 'find', { query: true, document: false } as never, mark as never);
  }
  schema.pre(
    'aggregate',
    unskippable(function (this: Aggregate<unknown>) {
      this.option({ comment: requireReason(this.model().modelName, 'aggregate') });
    }),
  );
  for (const operation of ['insertMany', 'bulkWrite', 'save'] as const) {
    schema.pre(
      operation as 'save',
      unskippable(function () {
        requireReason('system', operation);
      }) as never,
    );
  }
  return schema;
}
