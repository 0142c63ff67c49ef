import { type Aggregate, Model, type Query, Schema, type SchemaDefinition } from 'mongoose';
import { commentOf, scopeStore } from '../scope-store.js';
import { FILTERED_OPERATIONS, unskippable } from './hook.js';
import { IsolationError } from '../../errors/isolation-error.js';
import { assertPlainPipeline } from './pipeline-guard.js';
import { refuseStatics } from './scoped-model.js';

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
  const mark = unskippable(function (this: Query<unknown, T>) {
    this.comment(systemCommentFor(this.model.modelName, (this as unknown as { op: string }).op));
  });
  for (const operation of [...FILTERED_OPERATIONS, 'estimatedDocumentCount']) {
    schema.pre(operation as 'find', { query: true, document: false } as never, mark as never);
  }
  schema.pre(
    'aggregate',
    unskippable(function (this: Aggregate<unknown>) {
      const { modelName } = this.model();
      this.option({ comment: systemCommentFor(modelName, 'aggregate') });
      try {
        assertPlainPipeline(this.pipeline());
      } catch (error) {
        throw new IsolationError(modelName, 'aggregate', (error as Error).message);
      }
    }),
  );
  markInserts(schema);
  refuseStatics(schema);
  return schema;
}

/** The comment of a command. @throws IsolationError without a reason. */
function systemCommentFor(model: string, operation: string): string {
  const reason = scopeStore.systemReason();
  if (!reason) throw new IsolationError(model, operation, 'global and work data need a system reason');
  return commentOf(reason);
}

/** What the static that takes its place calls in the end. */
const plainInsertMany = Reflect.get(Model, 'insertMany') as (...args: unknown[]) => Promise<unknown>;

function markInserts<T>(schema: Schema<T>): void {
  // No hook of insertMany sees its options, so the static itself is replaced.
  schema.static(
    'insertMany' as never,
    async function (this: Model<T>, docs: object[], options: object = {}) {
      const comment = systemCommentFor(this.modelName, 'insertMany');
      return plainInsertMany.call(this, docs, { ...options, comment });
    } as never,
  );
  schema.pre(
    'bulkWrite',
    unskippable(function (this: Model<T>, _operations: unknown, options: { comment?: unknown }) {
      options.comment = systemCommentFor(this.modelName, 'bulkWrite');
    }) as never,
  );
  schema.pre(
    'save',
    unskippable(function (this: unknown) {
      const { modelName } = (this as { constructor: Model<T> }).constructor;
      throw new IsolationError(modelName, 'save', 'live documents cannot name a system reason');
    }),
  );
}
