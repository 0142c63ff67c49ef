import { Inject, Injectable } from '@nestjs/common';
import type { Connection, Model } from 'mongoose';
import type { CollectionDefinition } from '../mongo/model-provider.js';
import { MONGO_CONNECTION } from '../mongo/mongo.tokens.js';
import type { ObjectId } from '../mongo/object-id.js';
import { sealedPaths } from '../vault/sealed-text.js';
import { Vault } from '../vault/vault.js';
import { SystemAccess } from './system-access.js';

type Row = Readonly<Record<string, unknown>> & { readonly _id: ObjectId };

/** Finds what the vault has sealed, wherever a schema declares it, and wraps it with the current MASTER_KEY. */
@Injectable()
export class SealedValues {
  constructor(
    @Inject(MONGO_CONNECTION) private readonly connection: Connection,
    private readonly vault: Vault,
    private readonly system: SystemAccess,
  ) {}

  /**
   * Wraps again what these collections hold for one tenant, which the running scope must be in. May be repeated: what
   * is wrapped by the current key already, or changes at this moment, is left alone. Returns how many were wrapped.
   * @throws SealedValueError for a value that no configured master key opens.
   */
  async rewrap(tenantId: ObjectId, definitions: readonly CollectionDefinition<unknown>[]): Promise<number> {
    let count = 0;
    for (const definition of definitions) {
      const isScoped = definition.schema.get('tenancy' as never) === 'scoped';
      const rewrap = () => this.rewrapIn(tenantId, definition, isScoped ? {} : { _id: tenantId });
      count += isScoped ? await rewrap() : await this.system.run('tenant.manage', rewrap);
    }
    return count;
  }

  private async rewrapIn(
    tenantId: ObjectId,
    { model: name, schema, collection }: CollectionDefinition<unknown>,
    owned: object,
  ): Promise<number> {
    const model = (this.connection.models[name] ??
      this.connection.model(name, schema, collection)) as Model<Row>;
    let count = 0;
    for (const [path, field] of sealedPaths(schema)) {
      for (const row of await model.find({ ...owned, [path]: { $type: 'string' } } as never).lean<Row[]>()) {
        for (const [place, sealed] of textsAt(row, path.split('.'))) {
          const rewrapped = this.vault.rewrap(tenantId, field, sealed);
          if (rewrapped === null) continue;
          const unchanged = { _id: row._id, [place]: sealed } as never;
          const result = await model.updateOne(unchanged, { $set: { [place]: rewrapped } }).exec();
          count += result.modifiedCount;
        }
      }
    }
    return count;
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
