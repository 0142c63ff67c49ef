import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import type { ObjectId } from '../mongo/object-id.js';
import { type NewDocument, TenantRepository } from '../tenancy/tenant-repository.js';
import { type ApiKeyDocument, API_KEYS } from './api-key.schema.js';

@Injectable()
export class ApiKeysRepository extends TenantRepository<ApiKeyDocument> {
  constructor(@Inject(API_KEYS.token) model: Model<ApiKeyDocument>) {
    super(model);
  }

  findById(id: ObjectId): Promise<ApiKeyDocument | null> {
    return this.findOne({ _id: id });
  }

  findByIds(ids: readonly ObjectId[]): Promise<ApiKeyDocument[]> {
    return this.find({ _id: { $in: [...ids] } });
  }

  /** Those that are not revoked, newest first, at most `limit`. */
  open(limit: number): Promise<ApiKeyDocument[]> {
    return this.find({ revokedAt: null }, { sort: { createdAt: -1, _id: -1 }, limit });
  }

  countOpen(): Promise<number> {
    return this.count({ revokedAt: null });
  }

  add(key: NewDocument<ApiKeyDocument>): Promise<ApiKeyDocument> {
    return this.insert(key);
  }

  /** Ends a key; null when there is none that was not revoked yet. */
  revoke(id: ObjectId): Promise<ApiKeyDocument | null> {
    return this.updateOne({ _id: id, revokedAt: null }, { $set: { revokedAt: new Date() } });
  }

  /** Notes that a key was used at `now`, unless somebody has since `before`. */
  async noteUse(id: ObjectId, now: Date, before: Date): Promise<void> {
    await this.updateOne(
      { _id: id, $or: [{ lastUsedAt: null }, { lastUsedAt: { $lt: before } }] },
      { $set: { lastUsedAt: now } },
    );
  }
}
