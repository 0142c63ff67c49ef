import type { Model, PipelineStage, QueryFilter, UpdateQuery } from 'mongoose';
import { boundedRead } from './bounded-read.js';
import { sendInTurn } from './command-turns.js';
import type { ScopedDocument } from './plugin/scoped-schema.js';

/** A filter over a tenant's own documents; the tenant itself is never part of it. */
export type ScopedFilter<T> = Omit<QueryFilter<T>, 'tenantId'>;
/** An update of a tenant's own documents; which tenant they belong to never changes. */
export type ScopedUpdate<T> = UpdateQuery<Omit<T, 'tenantId' | '_id'>>;
/** What a caller gives to store a document; the tenant is stamped from the running operation. */
export type NewDocument<T> = Omit<T, 'tenantId'>;

export interface FindOptions {
  readonly sort?: Record<string, 1 | -1>;
  readonly limit?: number;
  readonly projection?: Record<string, 0 | 1>;
  /** Documents that come at a time; those of one batch are decoded in one turn of the event loop. */
  readonly batchSize?: number;
}

/**
 * The only way to tenant-owned data. It knows no tenant id: the running operation's scope decides, in the hooks
 * of the scoped schema, which refuse everything outside of it. Documents are plain objects, never live Mongoose
 * documents, so nothing can be saved around this class. Commands of one tenant's people are sent a
 * few at a time ({@link sendInTurn}), and their reads have one deadline per operation ({@link boundedRead}).
 */
export abstract class TenantRepository<T extends ScopedDocument> {
  readonly #model: Model<T>;

  protected constructor(model: Model<T>) {
    this.#model = model;
  }

  protected async find(filter: ScopedFilter<T>, options: FindOptions = {}): Promise<T[]> {
    const query = this.#model.find(filter as QueryFilter<T>, options.projection ?? null);
    if (options.sort) query.sort(options.sort);
    if (options.limit !== undefined) query.limit(options.limit);
    if (options.batchSize !== undefined) query.batchSize(options.batchSize);
    return await boundedRead(() => sendInTurn(() => query.lean().exec()));
  }

  protected async findOne(
    filter: ScopedFilter<T>,
    options: Omit<FindOptions, 'limit'> = {},
  ): Promise<T | null> {
    return (await this.find(filter, { ...options, limit: 1 }))[0] ?? null;
  }

  protected async count(filter: ScopedFilter<T>): Promise<number> {
    return boundedRead(() => sendInTurn(() => this.#model.countDocuments(filter as QueryFilter<T>).exec()));
  }

  /** Stores one document and returns it with its tenant. @throws a duplicate-key error of the driver. */
  protected async insert(document: NewDocument<T>): Promise<T> {
    const [stored] = await this.insertMany([document]);
    return stored as T;
  }

  protected async insertMany(documents: readonly NewDocument<T>[]): Promise<T[]> {
    if (documents.length === 0) return [];
    const stored = await sendInTurn(() =>
      this.#model.insertMany(documents.map(document => ({ ...document }))),
    );
    return stored.map(document => (document as unknown as { toObject(): T }).toObject());
  }

  /** Changes the first match and returns it as it is afterwards; null when nothing matches. */
  protected async updateOne(
    filter: ScopedFilter<T>,
    update: ScopedUpdate<T>,
    options: { upsert?: boolean } = {},
  ): Promise<T | null> {
    return await sendInTurn(() =>
      this.#model
        .findOneAndUpdate(filter as QueryFilter<T>, update as UpdateQuery<T>, {
          returnDocument: 'after',
          upsert: options.upsert ?? false,
        })
        .lean()
        .exec(),
    );
  }

  /** Changes all matches and returns how many there were. */
  protected async updateMany(filter: ScopedFilter<T>, update: ScopedUpdate<T>): Promise<number> {
    const changed = await sendInTurn(() =>
      this.#model.updateMany(filter as QueryFilter<T>, update as UpdateQuery<T>).exec(),
    );
    return changed.matchedCount;
  }

  /** Gives each of many documents its own change, in one command. */
  protected async updateEach(
    changes: readonly { filter: ScopedFilter<T>; update: ScopedUpdate<T> }[],
  ): Promise<void> {
    if (changes.length === 0) return;
    await sendInTurn(() => this.#model.bulkWrite(changes.map(change => ({ updateOne: change })) as never));
  }

  /** Removes all matches and returns how many there were. */
  protected async deleteMany(filter: ScopedFilter<T>): Promise<number> {
    const removed = await sendInTurn(() => this.#model.deleteMany(filter as QueryFilter<T>).exec());
    return removed.deletedCount;
  }

  /**
   * Runs a pipeline; the tenant's `$match` is put first, and into every join.
   * @throws an error of MongoDB, which is an outage, where it takes longer than `maxTimeMS` milliseconds.
   */
  protected async aggregate<R>(
    pipeline: PipelineStage[],
    options: { readonly maxTimeMS?: number } = {},
  ): Promise<R[]> {
    return boundedRead(() => sendInTurn(() => this.#model.aggregate<R>(pipeline, options).exec()));
  }
}
