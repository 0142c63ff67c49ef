import type { Schema } from 'mongoose';
import type { ObjectId } from '../../mongo/object-id.js';
import { namesOtherTenant } from './filter-guard.js';
import { IsolationError } from '../../errors/isolation-error.js';
import { touchesTenant } from './update-guard.js';

interface BulkOperation {
  filter?: Record<string, unknown>;
  update?: unknown;
  document?: { tenantId?: ObjectId };
  collation?: unknown;
}

/**
 * Confines each operation of a bulk write, in place.
 * @throws IsolationError for an operation that names or changes a tenant, or is not known here.
 */
export function confineBulkWrite(
  model: string,
  operations: readonly Record<string, BulkOperation>[],
  tenantId: ObjectId,
): void {
  for (const operation of operations) {
    const [name, body] = Object.entries(operation)[0] ?? ['', {}];
    const refuse = (reason: string) => new IsolationError(model, `bulkWrite.${name}`, reason);
    switch (name) {
      case 'insertOne': {
        if (!body.document) throw refuse('there is no document');
        body.document.tenantId ??= tenantId;
        if (!tenantId.equals(body.document.tenantId)) throw refuse('the document belongs to another tenant');
        break;
      }
      case 'updateOne':
      case 'updateMany':
      case 'deleteOne':
      case 'deleteMany': {
        if (body.collation) throw refuse('a collation may widen the tenant filter');
        if (namesOtherTenant(body.filter, tenantId)) throw refuse('the filter names a tenant');
        if (touchesTenant(body.update)) throw refuse('an update must not touch tenantId');
        body.filter = { ...body.filter, tenantId };
        break;
      }
      default:
        throw refuse('this operation cannot be confined to a tenant');
    }
  }
}

/** Closes the statics that send commands without running any hook. */
export function refuseStatics<T>(schema: Schema<T>): void {
  for (const operation of ['watch', 'bulkSave', 'mapReduce', 'createCollection', 'createSearchIndex'] as const) {
    schema.static(operation as never, function (this: { modelName: string }) {
      throw new IsolationError(this.modelName, operation, 'no hook can confine it to a tenant');
    } as never);
  }
}
