import { Inject, Injectable } from '@nestjs/common';
import type { Connection, Model } from 'mongoose';
import { type CollectionDefinition, collectionDefinitions, modelOn } from '../mongo/model-provider.js';
import { MONGO_CONNECTION } from '../mongo/mongo.tokens.js';
import type { ObjectId } from '../mongo/object-id.js';
import type { ScopedDocument } from './plugin/scoped-schema.js';
import { Sweeper } from './sweeper.js';
import { SystemAccess } from './system-access.js';
import { TenantContext } from './tenant-context.js';

/** A stored document, whatever its collection. */
export type AnyRow = Readonly<Record<string, unknown>> & { readonly _id: ObjectId };

/** Rows read at a time. */
const PAGE = 200;

/** All data of the running scope's tenant, whatever collection it is in: for taking it along, and for taking it away. */
@Injectable()
export class TenantData {
  constructor(
    @Inject(MONGO_CONNECTION) private readonly connection: Connection,
    private readonly system: SystemAccess,
    private readonly context: TenantContext,
    private readonly sweeper: Sweeper,
  ) {}

  /**
   * The tenant's rows of a tenant-owned collection, some at a time, as a stream that holds no more of them.
   * @param omitted paths that are left out.
   */
  async *rows(
    collection: string,
    filter: Readonly<Record<string, unknown>> = {},
    omitted: readonly string[] = [],
  ): AsyncGenerator<AnyRow, void, undefined> {
    const projection = Object.fromEntries(omitted.map(path => [path, 0]));
    const cursor = this.modelOf(definitionOf(collection))
      .find(filter, projection)
      .lean()
      .cursor({ batchSize: PAGE });
    try {
      for await (const row of cursor) yield row;
    } finally {
      await cursor.close();
    }
  }

  /** Removes some of the tenant's rows of a tenant-owned collection, in the running transaction. */
  async remove(collection: string, filter: Readonly<Record<string, unknown>>): Promise<void> {
    await this.modelOf(definitionOf(collection)).deleteMany(filter).exec();
  }

  /**
   * Removes everything that any collection holds for the tenant, all but its own record and one job, which is the one
   * that asks for it. Safe to repeat. Returns how much there was.
   */
  async removeAll({ exceptJob }: { readonly exceptJob: ObjectId }): Promise<number> {
    const tenantId = this.context.tenant.id;
    let removed = 0;
    for (const definition of collectionDefinitions()) {
      const model = this.modelOf(definition);
      if (definition.access !== 'full') {
        removed += await this.sweeper.remove(definition as CollectionDefinition<ScopedDocument>, {});
      } else if (definition.schema.get('tenancy' as never) === 'scoped') {
        removed += (await model.deleteMany({}).exec()).deletedCount;
      } else if ('tenantId' in definition.schema.paths) {
        const filter = { tenantId, _id: { $ne: exceptJob } } as never;
        removed += await this.system.run(
          'tenant.delete',
          async () => (await model.deleteMany(filter).exec()).deletedCount,
        );
      }
    }
    return removed;
  }

  private modelOf(definition: CollectionDefinition<unknown>): Model<AnyRow> {
    return modelOn(this.connection, definition) as Model<AnyRow>;
  }
}

function definitionOf(collection: string): CollectionDefinition<unknown> {
  const definition = collectionDefinitions().find(known => known.collection === collection);
  if (!definition) throw new Error(`There is no collection ${collection}`);
  return definition;
}
