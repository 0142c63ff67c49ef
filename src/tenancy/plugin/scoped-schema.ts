import {
  type Aggregate,
  type Document,
  type Model,
  type Query,
  Schema,
  type SchemaDefinition,
} from 'mongoose';
import type { ObjectId } from '../../mongo/object-id.js';
import { scopeStore } from '../scope-store.js';
import { filterFault } from './filter-guard.js';
import { FILTERED_OPERATIONS, unskippable, UPDATING_OPERATIONS } from './hook.js';
import { IsolationError } from '../../errors/isolation-error.js';
import { confinePipeline } from './pipeline-guard.js';
import { confineBulkWrite, refuseStatics } from './scoped-model.js';
import { touchesTenant } from './update-guard.js';

/** What every tenant-owned document has. */
export interface ScopedDocument {
  _id: ObjectId;
  tenantId: ObjectId;
}

/**
 * Makes the schema of a tenant-owned collection. Whatever is asked of its model is confined to the tenant of the
 * running operation, or refused before anything is sent; without a tenant everything is refused.
 * Repositories are the door to use; this is the wall behind it.
 */
export function scopedSchema<T extends ScopedDocument>(
  definition: SchemaDefinition<Omit<T, '_id' | 'tenantId'>>,
  indexes: readonly Record<string, 1 | -1>[] = [],
): Schema<T> {
  const schema = new Schema<T>(
    {
      ...definition,
      tenantId: { type: Schema.Types.ObjectId, required: true, immutable: true },
    },
    {
      strict: 'throw',
      strictQuery: 'throw',
      versionKey: false,
      minimize: false,
      autoIndex: false,
      id: false,
    },
  );
  schema.set('tenancy' as never, 'scoped' as never);
  for (const keys of indexes) schema.index(keys);
  confineQueries(schema);
  confineDocuments(schema);
  confineInserts(schema);
  refuseStatics(schema);
  return schema;
}

/** The tenant of the running operation. @throws IsolationError where there is none, or during system access. */
export function currentTenantId(model: string, operation: string): ObjectId {
  const reason = scopeStore.systemReason();
  if (reason)
    throw new IsolationError(model, operation, `tenant-owned data during system access (${reason})`);
  const tenant = scopeStore.scope()?.tenant;
  if (!tenant) throw new IsolationError(model, operation, 'no tenant in scope');
  return tenant.id;
}

function confineQueries<T>(schema: Schema<T>): void {
  const confine = unskippable(function (this: Query<unknown, T>) {
    const operation = (this as unknown as { op: string }).op;
    const { modelName } = this.model;
    const tenantId = currentTenantId(modelName, operation);
    const refuse = (reason: string) => new IsolationError(modelName, operation, reason);
    if (this.getOptions().collation) throw refuse('a collation may widen the tenant filter');
    const fault = filterFault(this.getFilter(), tenantId);
    if (fault) throw refuse(fault);
    if (UPDATING_OPERATIONS.has(operation)) {
      if (touchesTenant(this.getUpdate())) throw refuse('an update must not touch tenantId');
      if (operation.toLowerCase().includes('replace')) throw refuse('a replacement would drop tenantId');
    }
    this.where({ tenantId });
  });
  for (const operation of FILTERED_OPERATIONS) {
    schema.pre(operation as 'find', { query: true, document: false } as never, confine as never);
  }
  schema.pre(
    'estimatedDocumentCount',
    unskippable(function (this: Query<unknown, T>) {
      throw new IsolationError(this.model.modelName, 'estimatedDocumentCount', 'it counts all tenants');
    }),
  );
  schema.pre(
    'aggregate',
    unskippable(function (this: Aggregate<unknown>) {
      const model = this.model();
      const tenantId = currentTenantId(model.modelName, 'aggregate');
      const refuse = (reason: string) => new IsolationError(model.modelName, 'aggregate', reason);
      if (this.options.collation) throw refuse('a collation may widen the tenant filter');
      const scoped = (collection: string) =>
        Object.values(model.db.models).some(
          other => other.collection.name === collection && other.schema.get('tenancy' as never) === 'scoped',
        );
      const pipeline = this.pipeline();
      let confined;
      try {
        confined = confinePipeline(pipeline, tenantId, scoped);
      } catch (error) {
        throw refuse((error as Error).message);
      }
      pipeline.splice(0, pipeline.length, ...confined);
    }),
  );
}

function confineDocuments<T>(schema: Schema<T>): void {
  const confine = unskippable(function (this: Document & { tenantId?: ObjectId }) {
    const { modelName } = this.constructor as Model<T>;
    const tenantId = currentTenantId(modelName, 'save');
    if (this.isNew && this.tenantId === undefined) this.tenantId = tenantId;
    if (!this.tenantId?.equals(tenantId)) {
      throw new IsolationError(modelName, 'save', 'the document belongs to another tenant');
    }
    (this as Document & { $where: object }).$where = { tenantId };
  });
  schema.pre('validate', confine as never);
  schema.pre('save', confine as never);
  schema.pre('deleteOne', { document: true, query: false }, confine as never);
  schema.pre('updateOne', { document: true, query: false }, confine as never);
}

function confineInserts<T>(schema: Schema<T>): void {
  schema.pre(
    'insertMany',
    unskippable(function (this: Model<T>, docs: unknown) {
      const tenantId = currentTenantId(this.modelName, 'insertMany');
      for (const doc of [docs].flat() as { tenantId?: ObjectId }[]) {
        doc.tenantId ??= tenantId;
        if (!tenantId.equals(doc.tenantId)) {
          throw new IsolationError(this.modelName, 'insertMany', 'a document belongs to another tenant');
        }
      }
    }) as never,
  );
  schema.pre(
    'bulkWrite',
    unskippable(function (this: Model<T>, ops: unknown) {
      const tenantId = currentTenantId(this.modelName, 'bulkWrite');
      confineBulkWrite(this.modelName, ops as Record<string, never>[], tenantId);
    }) as never,
  );
}
