import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import { newObjectId, type ObjectId } from '../mongo/object-id.js';
import { TenantRepository } from '../tenancy/tenant-repository.js';
import { type DataKeyDocument, DATA_KEYS } from './data-key.schema.js';

@Injectable()
export class DataKeysRepository extends TenantRepository<DataKeyDocument> {
  constructor(@Inject(DATA_KEYS.token) model: Model<DataKeyDocument>) {
    super(model);
  }

  findBySubject(subject: string): Promise<DataKeyDocument | null> {
    return this.findOne({ subject });
  }

  findByIds(ids: readonly ObjectId[]): Promise<DataKeyDocument[]> {
    return this.find({ _id: { $in: [...ids] } });
  }

  /** Some key of the tenant as it is kept; null when the tenant has none that is not destroyed. */
  async anySealedKey(): Promise<string | null> {
    return (await this.findOne({ sealedKey: { $type: 'string' } }, { sort: { _id: -1 } }))?.sealedKey ?? null;
  }

  /**
   * Gives a subject its key; returns the one that it has by then, which may be another process's.
   * @param expiresAt when the database removes it; null: never.
   */
  async add(subject: string, sealedKey: string, expiresAt: Date | null): Promise<DataKeyDocument> {
    const key = await this.updateOne(
      { subject },
      {
        $setOnInsert: {
          _id: newObjectId(),
          sealedKey,
          createdAt: new Date(),
          ...(expiresAt && { expiresAt }),
        },
      },
      { upsert: true },
    );
    if (!key) throw new Error('An upsert leaves a document');
    return key;
  }

  /** Destroys a key and leaves the mark that it was. */
  async destroy(subject: string, destroyedAt: Date): Promise<void> {
    await this.updateOne(
      { subject },
      { $set: { sealedKey: null, destroyedAt }, $setOnInsert: { createdAt: new Date() } },
      { upsert: true },
    );
  }

  /** Destroys a key without a trace. */
  async remove(subject: string): Promise<void> {
    await this.deleteMany({ subject });
  }
}
