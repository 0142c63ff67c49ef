import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import { isDuplicateKey } from '../../mongo/duplicate-key.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { type ScopedFilter, type ScopedUpdate, TenantRepository } from '../../tenancy/tenant-repository.js';
import { CALL_SLOTS, type CallSlotsDocument } from './call-slots.schema.js';

/** Places for concurrent calls. Taking and giving back may be repeated; each step is one atomic update. */
@Injectable()
export class CallSlots extends TenantRepository<CallSlotsDocument> {
  constructor(@Inject(CALL_SLOTS.token) model: Model<CallSlotsDocument>) {
    super(model);
  }

  /** Takes a place for a call, or keeps the one it has; false when all `limit` places are taken. */
  async take(callId: ObjectId, limit: number): Promise<boolean> {
    if (limit < 1) return false;
    if (await this.findOne({ callIds: callId })) return true;
    const isFree = { [`callIds.${limit - 1}`]: { $exists: false } } as ScopedFilter<CallSlotsDocument>;
    const add = { $addToSet: { callIds: callId } } as ScopedUpdate<CallSlotsDocument>;
    try {
      return (await this.updateOne(isFree, add, { upsert: true })) !== null;
    } catch (error) {
      // The list exists and is full: the upsert tried to make a second one.
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  async release(callId: ObjectId): Promise<boolean> {
    const pull = { $pull: { callIds: callId } } as ScopedUpdate<CallSlotsDocument>;
    return (await this.updateOne({ callIds: callId }, pull)) !== null;
  }

  async used(): Promise<number> {
    return (await this.findOne({}))?.callIds.length ?? 0;
  }
}
