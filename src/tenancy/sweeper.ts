import { Inject, Injectable } from '@nestjs/common';
import type { Connection, QueryFilter } from 'mongoose';
import { type CollectionDefinition, modelOn } from '../mongo/model-provider.js';
import { SWEEPER_CONNECTION } from '../mongo/mongo.tokens.js';
import { isInTransaction } from '../mongo/unit-of-work.js';
import type { ScopedDocument } from './plugin/scoped-schema.js';
import type { ScopedFilter } from './tenant-repository.js';

/**
 * Removes the rows that the server's own database user may not remove: those of the audit log and of the call events.
 * Its connection may have a user of its own, and its models have the same hooks, and the same guard, as all others.
 */
@Injectable()
export class Sweeper {
  constructor(@Inject(SWEEPER_CONNECTION) private readonly connection: Connection) {}

  /**
   * Removes all matches of the running scope's tenant, and returns how many there were.
   * @throws Error inside a transaction, which is one connection's affair: this would not be part of it.
   */
  async remove<T extends ScopedDocument>(
    definition: CollectionDefinition<T>,
    filter: ScopedFilter<T>,
  ): Promise<number> {
    if (isInTransaction()) throw new Error('What the sweeper removes is part of no transaction');
    const model = modelOn(this.connection, definition);
    return (await model.deleteMany(filter as QueryFilter<T>).exec()).deletedCount;
  }
}
