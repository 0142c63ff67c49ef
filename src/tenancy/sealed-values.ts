import { Inject, Injectable } from '@nestjs/common';
import type { Connection, Model } from 'mongoose';
import { type CollectionDefinition, modelOn } from '../mongo/model-provider.js';
import { MONGO_CONNECTION } from '../mongo/mongo.tokens.js';
import type { ObjectId } from '../mongo/object-id.js';
import { sealedPaths } from '../vault/sealed-text.js';
import { Vault } from '../vault/vault.js';
import { SystemAccess } from './system-access.js';

type Row = Readonly<Record<string, unknown>> & { readonly _id: ObjectId };

/** Rows that are wrapped in one transaction, which has to be over within seconds. */
const ROWS_AT_ONCE = 100;

export interface RewrappedRows {
  readonly values: number;
  /** Where to go on; null when that was the last. */
  readonly next: ObjectId | null;
}

/** Finds what the vault has sealed, wherever a schema declares it, and wraps it with the current MASTER_KEY. */
@Injectable()
export class SealedValues {
  constructor(
    @Inject(MONGO_CONNECTION) private readonly connection: Connection,
    private readonly vault: Vault,
    private readonly system: SystemAccess,
  ) {}

  /**
   * Wraps again what one collection holds for one tenant, which the running scope must be in: as many rows as fit into
   * a transaction, from the one after `after` on. May be repeated: what is wrapped by the current key already, or changes
   * at this moment, is left alone.
   * @throws SealedValueError for a value that no configured master key opens.
   */
  async rewrap(
    tenantId: ObjectId,
    definition: CollectionDefinition<unknown>,
    after: ObjectId | null,
  ): Promise<RewrappedRows> {
    const isScoped = definition.schema.get('tenancy' as never) === 'scoped';
    const rewrap = () => this.rewrapRows(tenantId, definition, isScoped ? {} : { _id: tenantId }, after);
    return isScoped ? rewrap() : this.system.run('tenant.manage', rewrap);
  }

  private async rewrapRows(
    tenantId: ObjectId,
    definition: CollectionDefinition<unknown>,
    owned: object,
    after: ObjectId | null,
  ): Promise<RewrappedRows> {
    const model = modelOn(this.connection, definition) as Model<Row>;
    const paths = [...sealedPaths(definition.schema)];
    const isSealed = { $or: paths.map(([path]) => ({ [path]: { $type: 'string' } })) };
    const filter = { ...owned, ...(after && { _id: { $gt: after } }), ...isSealed };
    const rows = await model
      .find(filter as never)
      .sort({ _id: 1 })
      .limit(ROWS_AT_ONCE)
      .lean<Row[]>();
    let values = 0;
    for (const row of rows) {
      for (const [path, field] of paths) {
        for (const [place, sealed] of textsAt(row, path.split('.'))) {
          const rewrapped = this.vault.rewrap(tenantId, field, sealed);
          if (rewrapped === null) continue;
          const unchanged = { _id: row._id, [place]: sealed } as never;
          const result = await model.updateOne(unchanged, { $set: { [place]: rewrapped } }).exec();
          values += result.modifiedCount;
        }
      }
    }
    return { values, next: rows.length < ROWS_AT_ONCE ? null : (rows.at(-1)?._id ?? null) };
  }
}

/** The texts at a path, with their places: where an array is on the way, each of its items is looked into. */
function textsAt(value: unknown, path: readonly string[], place = ''): [string, string][] {
  if (Array.isArray(value)) return value.flatMap((item, index) => textsAt(item, path, join(place, index)));
  const [head, ...rest] = path;
  if (head === undefined) return typeof value === 'string' ? [[place, value]] : [];
  if (typeof value !== 'object' || value === null) return [];
  return textsAt((value as Record<string, unknown>)[head], rest, join(place, head));
}

const join = (place: string, next: string | number): string =>
  place === '' ? `${next}` : `${place}.${next}`;
