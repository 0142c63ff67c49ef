import type { Schema } from 'mongoose';
import type { ObjectId } from '../../mongo/object-id.js';
import { filterFault } from './filter-guard.js';
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
    const [name = '', ...others] = Object.keys(operation);
    const body = operation[name] ?? {};
    const refuse = (reason: string) => new IsolationError(model, `bulkWrite.${name}`, reason);
    // Of several operations in one object only the first would be confined, and maybe another one be run.
    if (others.length > 0) throw refuse('an operation has exactly one name');
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
        const fault = filterFault(body.filter, tenantId);
        if (fault) throw refuse(fault);
        if (touchesTenant(body.update)) throw refuse('an update must not touch tenantId');
        body.filter = { ...body.filter, tenantId };
        break;
      }
      default:
        throw refuse('this operation cannot be confined to a tenant');
    }
  }
}

/** Statics that send commands without running any hook; syncIndexes begins with two of them. */
const UNHOOKED = [
  'watch',
  'bulkSave',
  'createCollection',
  'diffIndexes',
  'cleanIndexes',
  'createSearchIndex',
  'updateSearchIndex',
  'dropSearchIndex',
  'listSearchIndexes',
] as const;

/** Closes the statics that send commands without running any hook. */
export function refuseStatics<T>(schema: Schema<T>): void {
  for (const operation of UNHOOKED) {
    schema.static(
      operation as never,
      function (this: { modelName: string }) {
        throw new IsolationError(this.modelName, operation, 'no hook can confine it to a tenant');
      } as never,
    );
  }
}
