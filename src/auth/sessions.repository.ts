import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import type { ObjectId } from '../mongo/object-id.js';
import { type NewDocument, TenantRepository } from '../tenancy/tenant-repository.js';
import { type SessionDocument, SESSIONS } from './session.schema.js';

@Injectable()
export class SessionsRepository extends TenantRepository<SessionDocument> {
  constructor(@Inject(SESSIONS.token) model: Model<SessionDocument>) {
    super(model);
  }

  findById(id: ObjectId): Promise<SessionDocument | null> {
    return this.findOne({ _id: id });
  }

  findByIds(ids: readonly ObjectId[]): Promise<SessionDocument[]> {
    return this.find({ _id: { $in: [...ids] } });
  }

  add(session: NewDocument<SessionDocument>): Promise<SessionDocument> {
    return this.insert(session);
  }

  /** Puts a new refresh token in the place of the old one; null when the old one no longer counts. */
  rotate(id: ObjectId, oldHash: string, newHash: string, expiresAt: Date): Promise<SessionDocument | null> {
    return this.updateOne(
      { _id: id, refreshHash: oldHash, endedAt: null },
      { $set: { refreshHash: newHash, expiresAt } },
    );
  }

  async end(id: ObjectId): Promise<void> {
    await this.updateOne({ _id: id, endedAt: null }, { $set: { endedAt: new Date() } });
  }

  /** Whether anything is left of a sign-in. */
  async hasOpen({ userId, familyId }: SessionDocument): Promise<boolean> {
    return (await this.count({ userId, familyId, endedAt: null })) > 0;
  }

  /** Ends all that is left of a sign-in. */
  async endFamily({ userId, familyId }: SessionDocument): Promise<void> {
    await this.updateMany({ userId, familyId, endedAt: null }, { $set: { endedAt: new Date() } });
  }

  /** Ends a user's sessions, all but `except`. */
  async endAllOf(userId: ObjectId, except?: ObjectId): Promise<void> {
    await this.updateMany(
      { userId, endedAt: null, ...(except ? { _id: { $ne: except } } : {}) },
      { $set: { endedAt: new Date() } },
    );
  }

  /** Removes a user's sessions, ended or not, and returns their ids. */
  async removeAllOf(userId: ObjectId): Promise<ObjectId[]> {
    const sessions = await this.find({ userId }, { projection: { _id: 1 } });
    await this.deleteMany({ userId });
    return sessions.map(session => session._id);
  }
}
